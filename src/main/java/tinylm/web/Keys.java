package tinylm.web;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// The API keys of this server.
final class Keys {

    private static final int SHORTEST_SECRET = 16;
    private static final int LONGEST_PRESENTED = 1024;

    private final List<Key> keys;

    Keys(List<Key> keys) {
        this.keys = List.copyOf(keys);
    }

    /// @throws IllegalArgumentException if an entry is wrong: a sentence that names the key and never its secret
    static Keys of(Map<String, DoorConfig.KeyConfig> configured) {
        var keys = new ArrayList<Key>();
        new TreeMap<>(configured).forEach((name, key) -> keys.add(new Key(name, role(name, key), sha256(name, key))));
        var owners = new HashMap<String, String>();
        for (var key : keys) {
            var other = owners.put(key.sha256(), key.name());
            if (other != null) {
                throw new IllegalArgumentException("tinylm.keys." + other + " and tinylm.keys." + key.name()
                        + " have the same secret; each needs its own");
            }
        }
        return new Keys(keys);
    }

    /// Whether nobody needs one.
    boolean areNone() {
        return keys.isEmpty();
    }

    /// Looks at every key, whichever it is, so that the time says nothing.
    Optional<Key> openedBy(String secret) {
        if (secret.length() > LONGEST_PRESENTED) {
            return Optional.empty();
        }
        var presented = sha256(secret);
        Optional<Key> found = Optional.empty();
        for (var key : keys) {
            found = key.opensWith(presented) ? Optional.of(key) : found;
        }
        return found;
    }

    Optional<Key> named(String name) {
        return keys.stream().filter(key -> key.name().equals(name)).findFirst();
    }

    private static Role role(String name, DoorConfig.KeyConfig key) {
        var said = key.role().orElse("");
        return Arrays.stream(Role.values())
                .filter(role -> role.lowerCase().equals(said))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("tinylm.keys." + name + ".role must be "
                        + Arrays.stream(Role.values()).map(Role::lowerCase).collect(Collectors.joining(", "))
                        + (said.isEmpty() ? ", but is missing" : ", but is \"" + said + "\"")));
    }

    private static String sha256(String name, DoorConfig.KeyConfig key) {
        if (key.secret().isPresent() == key.sha256().isPresent()) {
            throw new IllegalArgumentException(
                    "tinylm.keys." + name + " must have either a secret or a sha256, but has "
                            + (key.secret().isPresent() ? "both" : "neither"));
        }
        if (key.secret().isPresent()) {
            if (key.secret().get().length() < SHORTEST_SECRET) {
                throw new IllegalArgumentException(
                        "tinylm.keys." + name + ".secret must have at least " + SHORTEST_SECRET
                                + " characters, but has " + key.secret().get().length());
            }
            return HexFormat.of().formatHex(sha256(key.secret().get()));
        }
        var hex = key.sha256().get().toLowerCase(Locale.ROOT);
        if (!hex.matches("[0-9a-f]{64}")) {
            throw new IllegalArgumentException(
                    "tinylm.keys." + name + ".sha256 must be 64 hexadecimal digits, the SHA-256 of its secret");
        }
        return hex;
    }

    private static byte[] sha256(String secret) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK has it
        }
    }
}
