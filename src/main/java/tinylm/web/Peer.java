package tinylm.web;

import io.netty.util.NetUtil;
import io.vertx.core.http.HttpServerRequest;
import java.util.Arrays;
import java.util.HexFormat;

/// Where a request comes from, as far as it matters for limits.
///
/// @param network an IPv4 address, or the first 64 bits of an IPv6 one, which is the least that one household has
record Peer(String network) {

    static Peer of(HttpServerRequest request) {
        var address = request.remoteAddress();
        return of(address == null ? "unknown" : String.valueOf(address.host()));
    }

    /// @param host an address in its usual form; anything else stands for itself
    static Peer of(String host) {
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(host);
        if (bytes == null || bytes.length == 4 || isLoopback(bytes)) {
            return new Peer(host);
        }
        return new Peer(HexFormat.of().formatHex(bytes, 0, 8) + "::/64");
    }

    /// Programs on this machine belong to whoever runs the server.
    boolean isThisMachine() {
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(network);
        return bytes != null && (bytes.length == 4 ? bytes[0] == 127 : isLoopback(bytes));
    }

    private static boolean isLoopback(byte[] bytes) {
        return bytes.length == 16 && bytes[15] == 1 && Arrays.equals(bytes, 0, 15, new byte[15], 0, 15);
    }
}
