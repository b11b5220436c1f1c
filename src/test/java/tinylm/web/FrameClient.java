package tinylm.web;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;

/// A client that speaks RFC 6455 by hand, and so can break every rule of it.
final class FrameClient implements AutoCloseable {

    static final int CONTINUATION = 0;
    static final int TEXT = 1;
    static final int BINARY = 2;
    static final int CLOSE = 8;
    static final int PING = 9;
    static final int PONG = 10;
    static final int FIN = 0x80;

    private static final int MASKED = 0x80;
    private static final byte[] MASK = {0x12, (byte) 0x9a, 0x03, 0x7f};
    private static final int PATIENCE_MILLIS = 20_000;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Socket socket = new Socket();
    private final DataInputStream in;
    private final DataOutputStream out;

    /// What the server sent.
    ///
    /// @param first FIN, reserved bits and opcode
    record Frame(int first, byte[] payload) {
        int opcode() {
            return first & 0x0f;
        }

        String text() {
            return new String(payload, UTF_8);
        }

        /// Of a close frame; 1005 when it has none, as the RFC calls it.
        int status() {
            return payload.length < 2 ? 1005 : (payload[0] & 0xff) << 8 | payload[1] & 0xff;
        }

        String reason() {
            return new String(payload, 2, payload.length - 2, UTF_8);
        }
    }

    private FrameClient(URI server, int receiveBuffer) throws IOException {
        socket.setReceiveBufferSize(receiveBuffer);
        socket.setTcpNoDelay(true);
        socket.connect(new InetSocketAddress(server.getHost(), server.getPort()));
        socket.setSoTimeout(PATIENCE_MILLIS);
        in = new DataInputStream(socket.getInputStream());
        out = new DataOutputStream(socket.getOutputStream());
    }

    /// A connection on which nothing has been said.
    static FrameClient connect(URI server) throws IOException {
        return new FrameClient(server, 1 << 16);
    }

    /// An open socket.
    static FrameClient open(URI server) throws IOException {
        return open(server, 1 << 16);
    }

    /// @param receiveBuffer how many bytes the kernel may hold for a client that does not read
    static FrameClient open(URI server, int receiveBuffer) throws IOException {
        var client = new FrameClient(server, receiveBuffer);
        client.raw(upgrade(server).getBytes(UTF_8));
        var head = client.head();
        if (!head.startsWith("HTTP/1.1 101 ") || !head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")) {
            throw new AssertionError(head);
        }
        return client;
    }

    /// The key is the RFC's example, and so is the answer to it.
    static String upgrade(URI server) {
        return "GET /v1/responses HTTP/1.1\r\nHost: " + server.getAuthority()
                + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    }

    FrameClient raw(byte... bytes) throws IOException {
        out.write(bytes);
        out.flush();
        return this;
    }

    /// Sends a frame as a client must: masked.
    ///
    /// @param first FIN, reserved bits and opcode
    FrameClient send(int first, byte... payload) throws IOException {
        var frame = new ByteArrayOutputStream();
        var to = new DataOutputStream(frame);
        to.write(first);
        if (payload.length < 126) {
            to.write(MASKED | payload.length);
        } else if (payload.length < 1 << 16) {
            to.write(MASKED | 126);
            to.writeShort(payload.length);
        } else {
            to.write(MASKED | 127);
            to.writeLong(payload.length);
        }
        to.write(MASK);
        for (int i = 0; i < payload.length; i++) {
            to.write(payload[i] ^ MASK[i % MASK.length]);
        }
        return raw(frame.toByteArray());
    }

    FrameClient send(int first, String text) throws IOException {
        return send(first, text.getBytes(UTF_8));
    }

    FrameClient close(int status, String reason) throws IOException {
        var payload = new ByteArrayOutputStream();
        payload.write(status >> 8);
        payload.write(status);
        payload.writeBytes(reason.getBytes(UTF_8));
        return send(FIN | CLOSE, payload.toByteArray());
    }

    /// What an HTTP server says before the body, or the socket.
    String head() throws IOException {
        var head = new StringBuilder();
        while (!head.toString().endsWith("\r\n\r\n")) {
            head.append((char) in.readUnsignedByte());
        }
        return head.toString();
    }

    /// @throws java.io.EOFException when the server ended the connection
    Frame frame() throws IOException {
        int first = in.readUnsignedByte();
        int length = in.readUnsignedByte(); // a server's frame is not masked
        length = length == 126 ? in.readUnsignedShort() : length == 127 ? Math.toIntExact(in.readLong()) : length;
        var payload = new byte[length];
        in.readFully(payload);
        return new Frame(first, payload);
    }

    /// The next frame of this kind; others are passed over.
    Frame await(int opcode) throws IOException {
        var frame = frame();
        while (frame.opcode() != opcode) {
            frame = frame();
        }
        return frame;
    }

    JsonNode event() throws IOException {
        return JSON.readTree(await(TEXT).text());
    }

    /// Whether the server ended the connection, politely or not.
    boolean isEnded() {
        try {
            while (true) {
                frame();
            }
        } catch (SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    void endOutput() throws IOException {
        socket.shutdownOutput();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
