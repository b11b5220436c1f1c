package tinylm.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class KeysTest {

    private static final String SECRET = "correct horse battery";
    /// Of [#SECRET].
    private static final String HASH = "9028ea0d15decaa35b2da21c0290af3b1a5ba0a30a591906f89b5074e209ea72";

    private record Entry(Optional<String> role, Optional<String> secret, Optional<String> sha256)
            implements DoorConfig.KeyConfig {}

    @Test
    void a_key_is_found_by_its_secret_whether_that_or_its_hash_is_configured() {
        for (var entry : new Entry[] {entry("writer", SECRET, null), entry("writer", null, HASH.toUpperCase())}) {
            var keys = Keys.of(Map.of("ann", entry, "bob", entry("viewer", "another secret of ours", null)));
            var found = keys.openedBy(SECRET).orElseThrow();
            assertEquals("ann", found.name());
            assertEquals(Role.WRITER, found.role());
            assertEquals(Optional.empty(), keys.openedBy(SECRET + " "));
            assertEquals(Optional.empty(), keys.openedBy(""));
            assertEquals(Optional.empty(), keys.openedBy(HASH));
            assertEquals(Optional.empty(), keys.openedBy("x".repeat(1_000_000)));
            assertFalse(found.toString().contains(HASH), found.toString());
        }
    }

    @Test
    void a_role_may_do_what_those_before_it_may() {
        for (var role : Role.values()) {
            for (var least : Role.values()) {
                assertEquals(role.ordinal() >= least.ordinal(), role.may(least));
                assertEquals(role.may(least), role.names().contains(least.lowerCase()));
            }
        }
    }

    @Test
    void a_wrong_entry_is_refused_with_a_sentence_that_names_the_key_and_never_its_secret() {
        refused(
                "tinylm.keys.ann.role must be viewer, writer, trainer, admin, but is missing",
                entry(null, SECRET, null));
        refused(
                "tinylm.keys.ann.role must be viewer, writer, trainer, admin, but is \"boss\"",
                entry("boss", SECRET, null));
        refused("tinylm.keys.ann must have either a secret or a sha256, but has both", entry("admin", SECRET, HASH));
        refused("tinylm.keys.ann must have either a secret or a sha256, but has neither", entry("admin", null, null));
        refused(
                "tinylm.keys.ann.secret must have at least 16 characters, but has 15",
                entry("admin", SECRET.substring(0, 15), null));
        refused("tinylm.keys.ann.sha256 must be 64 hexadecimal digits", entry("admin", null, HASH.substring(1)));
        refused("tinylm.keys.ann.sha256 must be 64 hexadecimal digits", entry("admin", null, "g" + HASH.substring(1)));
    }

    @Test
    void two_keys_with_one_secret_are_refused() {
        var thrown = assertThrows(
                IllegalArgumentException.class,
                () -> Keys.of(Map.of("bob", entry("admin", null, HASH), "ann", entry("viewer", SECRET, null))));
        assertEquals(
                "tinylm.keys.ann and tinylm.keys.bob have the same secret; each needs its own", thrown.getMessage());
    }

    @Test
    void without_entries_there_are_none() {
        assertTrue(Keys.of(Map.of()).areNone());
    }

    private static void refused(String sentence, Entry entry) {
        var thrown = assertThrows(IllegalArgumentException.class, () -> Keys.of(Map.of("ann", entry)));
        assertTrue(thrown.getMessage().startsWith(sentence), thrown.getMessage());
        assertFalse(thrown.getMessage().contains(SECRET.substring(0, 15)), thrown.getMessage());
        assertFalse(thrown.getMessage().contains(HASH.substring(1)), thrown.getMessage());
    }

    private static Entry entry(String role, String secret, String sha256) {
        return new Entry(Optional.ofNullable(role), Optional.ofNullable(secret), Optional.ofNullable(sha256));
    }
}
