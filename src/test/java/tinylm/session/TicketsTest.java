package tinylm.session;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.BitSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;
import tinylm.inference.SamplingParameters;
import tinylm.inference.Text;

class TicketsTest {

    private static final Duration LIFETIME = Duration.ofMinutes(10);

    private Instant now = Instant.parse("2026-05-01T12:00:00Z");
    private final Tickets tickets = new Tickets(key(1), LIFETIME, () -> now);

    @Test
    void a_ticket_comes_back_as_it_was_given() throws RefusedException {
        for (int seed = 0; seed < 500; seed++) {
            var random = new Random(seed);
            var given = ticket(random);
            var back = new Tickets(key(1), LIFETIME, () -> now).check(tickets.sign(given));
            var message = "seed " + seed;
            assertEquals(given.id(), back.id(), message);
            assertEquals(given.created(), back.created(), message);
            assertEquals(given.expires(), back.expires(), message);
            assertEquals(given.checkpoint(), back.checkpoint(), message);
            assertEquals(given.numerics(), back.numerics(), message);
            assertEquals(given.stop(), back.stop(), message);
            assertEquals(given.parameters(), back.parameters(), message);
            assertEquals(given.topLogprobs(), back.topLogprobs(), message);
            assertEquals(given.text().before(), back.text().before(), message);
            assertArrayEquals(given.text().ids(), back.text().ids(), message);
            assertEquals(given.text().drawn(), back.text().drawn(), message);
            assertEquals(given.text().occurred(), back.text().occurred(), message);
        }
    }

    @Test
    void a_ticket_of_another_key_is_no_ticket() {
        var signed = tickets.sign(ticket(new Random(1)));
        refused("ticket_invalid", new Tickets(key(2), LIFETIME, () -> now), signed);
    }

    @Test
    void a_ticket_with_any_bit_flipped_is_no_ticket() {
        var signed = tickets.sign(ticket(new Random(2)));
        for (int at = 0; at < signed.length(); at++) {
            for (int bit = 0; bit < 16; bit++) {
                var flipped = new StringBuilder(signed);
                flipped.setCharAt(at, (char) (signed.charAt(at) ^ 1 << bit));
                refused("ticket_invalid", tickets, flipped.toString());
            }
        }
    }

    @Test
    void a_ticket_with_a_character_exchanged_lost_or_added_is_no_ticket() {
        var signed = tickets.sign(ticket(new Random(3)));
        var alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n";
        for (int at = 0; at <= signed.length(); at++) {
            refused("ticket_invalid", tickets, signed.substring(0, at) + "\0" + signed.substring(at));
            if (at < signed.length()) {
                refused("ticket_invalid", tickets, signed.substring(0, at));
                refused("ticket_invalid", tickets, signed.substring(0, at) + signed.substring(at + 1));
            }
        }
        for (char other : alphabet.toCharArray()) {
            refused("ticket_invalid", tickets, signed + other);
            refused("ticket_invalid", tickets, other + signed);
            for (int at : new int[] {0, signed.indexOf('.') - 1, signed.indexOf('.') + 1, signed.length() - 1}) {
                if (signed.charAt(at) != other) {
                    refused("ticket_invalid", tickets, signed.substring(0, at) + other + signed.substring(at + 1));
                }
            }
        }
    }

    @Test
    void a_ticket_is_good_until_it_expires() throws RefusedException {
        var signed = tickets.sign(ticket(new Random(4)));
        now = now.plus(LIFETIME).minusMillis(1);
        tickets.check(signed);
        now = now.plusMillis(1);
        refused("ticket_expired", tickets, signed);
        now = now.plus(Duration.ofDays(10_000));
        refused("ticket_expired", tickets, signed);
    }

    @Test
    void a_ticket_longer_than_any_that_is_needed_is_refused_though_it_is_signed() {
        var ticket = ticket(new Random(5));
        var endless = new Ticket(
                ticket.id(),
                ticket.created(),
                ticket.expires(),
                ticket.checkpoint(),
                ticket.numerics(),
                Text.EMPTY.withPrompt(new int[100_000]),
                ticket.stop(),
                ticket.parameters(),
                ticket.topLogprobs());
        refused("ticket_invalid", tickets, tickets.sign(endless));
        refused("ticket_invalid", tickets, "A".repeat(10_000_000) + "." + "A".repeat(43));
    }

    @Test
    void garbage_is_refused_with_a_sentence_and_nothing_else_happens() {
        var signed = tickets.sign(ticket(new Random(5)));
        var pieces = List.of("", ".", "..", "=", signed, signed.substring(0, 40), "eyJ", "null", "{}", "\ud83c", "\0");
        for (int seed = 0; seed < 100_000; seed++) {
            var random = new Random(seed);
            var garbage = new StringBuilder();
            for (int i = random.nextInt(5); i >= 0; i--) {
                switch (random.nextInt(3)) {
                    case 0 -> garbage.append(pieces.get(random.nextInt(pieces.size())));
                    case 1 -> garbage.append((char) random.nextInt(random.nextBoolean() ? 128 : 65_536));
                    default -> {
                        var bytes = new byte[random.nextInt(60)];
                        random.nextBytes(bytes);
                        garbage.append(Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
                    }
                }
            }
            if (!garbage.toString().equals(signed)) {
                refused("ticket_invalid", tickets, garbage.toString());
            }
        }
    }

    @Test
    void a_key_that_is_too_short_is_refused() {
        var thrown = assertThrows(IllegalArgumentException.class, () -> new Tickets(new byte[31], LIFETIME, () -> now));
        assertEquals("The ticket key must have at least 32 bytes, but has 31.", thrown.getMessage());
    }

    private void refused(String code, Tickets by, String signed) {
        var shown = signed.length() > 300 ? signed.substring(0, 300) : signed;
        try {
            by.check(signed);
        } catch (RefusedException e) {
            assertEquals(code, e.refusal().code(), shown);
            assertEquals("ticket", e.refusal().param(), shown);
            assertEquals(Refusal.Kind.INVALID, e.refusal().kind(), shown);
            return;
        } catch (RuntimeException e) {
            throw new AssertionError(shown, e);
        }
        throw new AssertionError("accepted: " + shown);
    }

    private Ticket ticket(Random random) {
        int left = random.nextInt(1_000);
        int length = 1 + random.nextInt(100);
        var drawn = new BitSet();
        var occurred = new BitSet();
        for (int i = 0; i < length; i++) {
            drawn.set(random.nextInt(length), random.nextBoolean());
            occurred.set(random.nextInt(200), random.nextBoolean());
        }
        return new Ticket(
                "resp_" + random.nextInt(),
                now,
                now.plus(LIFETIME),
                "c0ffee".repeat(10) + "babe",
                "0123456789abcdef",
                Text.of(left, random.ints(length, 0, 200).toArray(), drawn, occurred),
                List.of("\n\n", "\ud83c\udf0a\"\\", "\u0000").subList(0, random.nextInt(4)),
                new SamplingParameters(
                        2 * random.nextDouble(),
                        random.nextInt(100),
                        1 - random.nextDouble(),
                        random.nextDouble(),
                        0.1 + 9.9 * random.nextDouble(),
                        random.nextLong(),
                        1 + random.nextInt(Integer.MAX_VALUE)),
                random.nextBoolean() ? OptionalInt.empty() : OptionalInt.of(random.nextInt(21)));
    }

    private static byte[] key(int number) {
        return ("a key of ours, long enough, number " + number).getBytes(StandardCharsets.UTF_8);
    }
}
