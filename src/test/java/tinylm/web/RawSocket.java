package tinylm.web;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/// A client that sends whatever bytes it is told to, as no library would.
final class RawSocket {

    private RawSocket() {}

    /// The status with which the server closes a socket after one frame, masked with zeros.
    ///
    /// @param first byte of the frame: FIN, reserved bits and opcode
    /// @param payload at most 125 bytes
    static int closeCode(URI server, String authorization, int first, byte[] payload) throws IOException {
        try (var socket = new Socket(server.getHost(), server.getPort())) {
            socket.setSoTimeout(10_000);
            var out = socket.getOutputStream();
            out.write(("GET /v1/responses HTTP/1.1\r\nHost: " + server.getAuthority() + "\r\nAuthorization: "
                            + authorization
                            + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
                    .getBytes(StandardCharsets.US_ASCII));
            var in = new DataInputStream(socket.getInputStream());
            readHead(in);
            var frame = new ByteArrayOutputStream();
            frame.write(first);
            frame.write(0x80 | payload.length);
            frame.write(new byte[4]);
            frame.write(payload);
            out.write(frame.toByteArray());
            if ((in.readUnsignedByte() & 0x0f) != 8) {
                throw new AssertionError("the server did not close");
            }
            in.readUnsignedByte();
            return in.readUnsignedShort();
        }
    }

    private static void readHead(DataInputStream in) throws IOException {
        var head = new StringBuilder();
        while (!head.toString().endsWith("\r\n\r\n")) {
            head.append((char) in.readUnsignedByte());
        }
        if (!head.toString().startsWith("HTTP/1.1 101 ")) {
            throw new AssertionError(head.toString());
        }
    }
}
