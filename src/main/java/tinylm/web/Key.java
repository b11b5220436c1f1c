package tinylm.web;

import java.security.MessageDigest;
import java.util.HexFormat;

/// An API key as the server knows it.
///
/// @param sha256 of the secret, in hex
record Key(String name, Role role, String sha256) {

    /// Takes the same time however much of it is right.
    boolean opensWith(byte[] presentedSha256) {
        return MessageDigest.isEqual(HexFormat.of().parseHex(sha256), presentedSha256);
    }

    /// Without the hash: a key may be logged.
    @Override
    public String toString() {
        return name + " (" + role.lowerCase() + ")";
    }
}
