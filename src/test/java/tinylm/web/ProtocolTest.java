package tinylm.web;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static tinylm.web.FrameClient.BINARY;
import static tinylm.web.FrameClient.CLOSE;
import static tinylm.web.FrameClient.CONTINUATION;
import static tinylm.web.FrameClient.FIN;
import static tinylm.web.FrameClient.PING;
import static tinylm.web.FrameClient.PONG;
import static tinylm.web.FrameClient.TEXT;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tinylm.inference.Models;

/// RFC 6455 to the letter and against it, while another visitor's stream must not change by a character.
@QuarkusTest
class ProtocolTest {

    private static final String ASK = "\"input\":\"Bystander\",\"max_output_tokens\":600,\"seed\":11";
    private static final String CREATE =
            "{\"type\":\"response.create\",\"input\":\"Ay: \",\"max_output_tokens\":9,\"seed\":5}";
    private static final int LONGEST = 262_144;

    @TestHTTPResource("/")
    URI server;

    @Inject
    Models models;

    private SocketClient bystander;
    private FrameClient client;

    @BeforeEach
    void open() throws IOException {
        bystander = new SocketClient(server);
        bystander.create(ASK);
        client = FrameClient.open(server);
    }

    @AfterEach
    void the_other_visitor_got_every_character_and_nothing_is_left_running() throws IOException {
        client.close();
        var beside = SocketClient.text(bystander.rest());
        bystander.create(ASK);
        assertEquals(SocketClient.text(bystander.rest()), beside);
        assertEquals(600, beside.length());
        bystander.close();
        Awaitility.await().until(() -> models.current().engine().unfinished() == 0);
    }

    @Test
    void a_message_in_fragments_with_pings_between_them_is_one_message() throws IOException {
        int third = CREATE.length() / 3;
        client.send(TEXT, CREATE.substring(0, third));
        client.send(FIN | PING, "one");
        client.send(CONTINUATION, CREATE.substring(third, 2 * third));
        client.send(FIN | PING, "two");
        client.send(CONTINUATION);
        client.send(FIN | CONTINUATION, CREATE.substring(2 * third));
        assertEquals("one", client.frame().text());
        assertEquals("two", client.frame().text());
        assertEquals("response.created", client.event().get("type").asText());
        client.send(FIN | TEXT, "{\"type\":\"response.cancel\"}");
    }

    @Test
    void a_character_may_be_cut_by_a_fragments_end() throws IOException {
        var text = "{\"type\":\"wave \ud83c\udf0a\"}".getBytes(UTF_8);
        for (int cut = 0; cut < text.length; cut++) {
            client.send(TEXT, Arrays.copyOf(text, cut));
            client.send(FIN | CONTINUATION, Arrays.copyOfRange(text, cut, text.length));
            assertEquals("type", client.event().get("error").get("param").asText(), "cut at " + cut);
        }
    }

    @Test
    void pings_are_answered_with_their_own_bytes_up_to_125() throws IOException {
        for (int length : new int[] {0, 1, 125}) {
            var bytes = new byte[length];
            Arrays.fill(bytes, (byte) 0xfe);
            client.send(FIN | PING, bytes);
            assertArrayEquals(bytes, client.await(PONG).payload());
        }
        client.send(FIN | PONG, "nobody asked");
        isAlive();
    }

    @Test
    void a_control_frame_is_whole_and_has_at_most_125_bytes() throws IOException {
        for (int opcode : new int[] {PING, PONG, CLOSE}) {
            refused(1002, FIN | opcode, new byte[126]);
            refused(1002, FIN | opcode, new byte[70_000]);
            refused(1002, opcode, new byte[3]);
        }
    }

    @Test
    void a_message_that_is_too_long_is_refused_in_one_piece_and_in_many() throws IOException {
        refused(1009, FIN | TEXT, new byte[LONGEST + 1]);
        reopen();
        var fragment = "a".repeat(LONGEST / 4);
        client.send(TEXT, fragment);
        for (int i = 0; i < 3; i++) {
            client.send(CONTINUATION, fragment);
        }
        closedWith(1009, () -> client.send(CONTINUATION, "a"));
    }

    @Test
    void a_length_is_believed_no_further_than_the_limit() throws IOException {
        closedWith(1009, () -> client.raw(head(1L << 31)));
        reopen();
        closedWith(1009, () -> client.raw(head(Long.MAX_VALUE)));
        reopen();
        closedWith(1002, () -> client.raw(head(Long.MIN_VALUE)));
    }

    @Test
    void a_binary_message_is_refused() throws IOException {
        refused(1003, FIN | BINARY, new byte[10]);
    }

    @Test
    void text_that_is_not_utf_8_is_refused() throws IOException {
        for (var wrong : List.of(
                new byte[] {'"', (byte) 0xff, '"'},
                new byte[] {(byte) 0xc0, (byte) 0xaf},
                new byte[] {(byte) 0xed, (byte) 0xa0, (byte) 0x80},
                new byte[] {(byte) 0xf4, (byte) 0x90, (byte) 0x80, (byte) 0x80},
                new byte[] {'a', (byte) 0xe2, (byte) 0x82})) {
            refused(1007, FIN | TEXT, wrong);
        }
    }

    @Test
    void so_is_text_that_stops_being_utf_8_in_a_later_fragment() throws IOException {
        client.send(TEXT, "{\"type\":\"");
        closedWith(1007, () -> client.send(CONTINUATION, (byte) 0xff));
        reopen();
        client.send(TEXT, (byte) 0xe2, (byte) 0x82);
        closedWith(1007, () -> client.send(FIN | CONTINUATION, "a"));
    }

    @Test
    void a_client_must_mask_its_frames() throws IOException {
        closedWith(1002, () -> client.raw((byte) (FIN | TEXT), (byte) 2, (byte) '{', (byte) '}'));
    }

    @Test
    void reserved_bits_and_opcodes_are_refused() throws IOException {
        for (int bit : new int[] {0x40, 0x20, 0x10}) {
            refused(1002, FIN | bit | TEXT, new byte[2]);
        }
        for (int opcode : new int[] {3, 4, 7, 11, 15}) {
            refused(1002, FIN | opcode, new byte[2]);
        }
    }

    @Test
    void fragments_come_in_order() throws IOException {
        refused(1002, FIN | CONTINUATION, new byte[2]);
        reopen();
        client.send(TEXT, "a");
        closedWith(1002, () -> client.send(FIN | TEXT, "b"));
    }

    @Test
    void a_close_is_answered_with_its_own_status() throws IOException {
        for (int status : new int[] {1000, 1001, 1003, 1007, 1011, 3000, 4999, 5000, 65_535}) {
            reopen();
            closedWith(status, () -> client.close(status, "that is all \ud83c\udf0a"));
        }
        reopen();
        closedWith(1000, () -> client.send(FIN | CLOSE)); // the RFC leaves the answer to an empty one open
    }

    @Test
    void a_close_of_one_byte_a_forbidden_status_or_a_broken_reason_is_refused() throws IOException {
        refused(1002, FIN | CLOSE, new byte[1]);
        for (int status : new int[] {0, 999, 1004, 1005, 1006, 1015, 1016, 2999}) {
            reopen();
            closedWith(1002, () -> client.close(status, ""));
        }
        refused(1007, FIN | CLOSE, new byte[] {3, (byte) 0xe8, (byte) 0xff});
    }

    @Test
    void ten_thousand_pings_are_answered_or_passed_over_and_harm_nobody() throws Exception {
        var sender = Thread.ofVirtual().start(() -> {
            try {
                for (int i = 0; i < 10_000; i++) {
                    client.send(FIN | PING, Integer.toString(i));
                }
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        // who reads more slowly than it asks gets the latest answers alone
        int latest = -1;
        while (latest < 9_999) {
            int next = Integer.parseInt(client.await(PONG).text());
            assertTrue(next > latest, next + " behind " + latest);
            latest = next;
        }
        sender.join();
        isAlive();
    }

    @Test
    void a_connection_that_ends_on_one_side_ends_on_both_and_stops_its_stream() throws IOException {
        client.send(FIN | TEXT, CREATE.replace(":9,", ":10000,"));
        client.await(TEXT);
        client.endOutput();
        assertTrue(client.isEnded());
        Awaitility.await().until(() -> models.current().engine().unfinished() <= 1);
    }

    @Test
    void a_connection_that_ends_within_a_frame_ends() throws IOException {
        client.raw((byte) (FIN | TEXT), (byte) 0x85, (byte) 0);
        client.endOutput();
        assertTrue(client.isEnded());
    }

    @Test
    void a_handshake_may_come_byte_by_byte() throws IOException {
        try (var slow = FrameClient.connect(server)) {
            for (byte one : FrameClient.upgrade(server).getBytes(UTF_8)) {
                slow.raw(one);
            }
            assertTrue(slow.head().startsWith("HTTP/1.1 101 "));
            slow.send(FIN | PING, "there");
            assertEquals("there", slow.frame().text());
        }
    }

    @Test
    void what_is_no_handshake_is_no_socket() throws IOException {
        var right = FrameClient.upgrade(server);
        refusedUpgrade(right.replace("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 99"));
        refusedUpgrade(right.replaceAll("Sec-WebSocket-Key: .*\r\n", ""));
        refusedUpgrade(right.replace("Upgrade: websocket", "Upgrade: teapot"));
        refusedUpgrade(right.replace("GET", "POST"));
        refusedUpgrade("\u0016\u0003\u0001 garbage\r\n\r\n");
        refusedUpgrade("GET " + "/a".repeat(20_000) + " HTTP/1.1\r\n\r\n");
        refusedUpgrade(right.replace("Connection", "X: " + "x".repeat(100_000) + "\r\nConnection"));
    }

    private void refusedUpgrade(String request) throws IOException {
        try (var stranger = FrameClient.connect(server)) {
            stranger.raw(request.getBytes(UTF_8));
            var head = stranger.head();
            assertTrue(
                    head.matches("(?s)HTTP/1\\.[01] 4\\d\\d .*"),
                    request.lines().findFirst() + " got " + head);
        }
    }

    /// Of a masked text frame that says it has so many bytes.
    private static byte[] head(long length) {
        return ByteBuffer.allocate(14)
                .put((byte) (FIN | TEXT))
                .put((byte) 0xff)
                .putLong(length)
                .array();
    }

    private interface Sending {
        void send() throws IOException;
    }

    private void refused(int status, int first, byte[] payload) throws IOException {
        reopen();
        closedWith(status, () -> client.send(first, payload));
    }

    /// The server says why with a close frame, and then ends the connection.
    private void closedWith(int status, Sending sending) throws IOException {
        try {
            sending.send();
        } catch (IOException e) {
            // the server may have heard enough before all was sent
        }
        assertEquals(status, client.await(CLOSE).status());
        client.close(1000, "");
        assertTrue(client.isEnded());
    }

    private void isAlive() throws IOException {
        client.send(FIN | PING, "alive?");
        assertEquals("alive?", client.await(PONG).text());
    }

    private void reopen() throws IOException {
        client.close();
        client = FrameClient.open(server);
    }
}
