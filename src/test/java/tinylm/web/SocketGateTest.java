package tinylm.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import java.net.URI;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletionException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

@QuarkusTest
@TestProfile(KeysProfile.class)
class SocketGateTest {

    private static final String WRITER = "Bearer " + KeysProfile.secret(Role.WRITER);

    @TestHTTPResource("/")
    URI server;

    @Test
    void a_socket_needs_a_writers_key_or_the_cookie_of_one() {
        assertEquals(401, refused());
        assertEquals(401, refused("Authorization", "Bearer wrong"));
        assertEquals(403, refused("Authorization", "Bearer " + KeysProfile.secret(Role.VIEWER)));
        assertEquals(401, refused("Cookie", KeyAuthentication.COOKIE + "=x.y.z"));
        assertEquals(403, refused("Authorization", WRITER, "Origin", "http://evil.example"));
        opens("Authorization", WRITER);
        var cookie = RestAssured.given()
                .contentType("application/json")
                .body("{\"key\":\"" + KeysProfile.secret(Role.WRITER) + "\"}")
                .post("/v1/session")
                .getCookie(KeyAuthentication.COOKIE);
        opens("Cookie", KeyAuthentication.COOKIE + "=" + cookie, "Origin", "http://" + server.getAuthority());
    }

    @Test
    void an_address_has_so_many_sockets_and_gets_a_place_back_when_one_is_gone() {
        String[] far = {"Authorization", WRITER, "X-Forwarded-For", "198.51.100.9"};
        var first = new SocketClient(server, far);
        try (var second = new SocketClient(server, far)) {
            assertEquals(429, refused(far));
            opens("Authorization", WRITER, "X-Forwarded-For", "198.51.100.10");
            first.close();
            Awaitility.await().ignoreExceptions().until(() -> {
                opens(far);
                return true;
            });
            second.create("\"input\":\"a\",\"max_output_tokens\":1");
        }
    }

    @Test
    void this_machine_may_open_as_many_as_it_likes() {
        var clients = new SocketClient[KeysProfile.CONNECTIONS_PER_ADDRESS + 3];
        for (int i = 0; i < clients.length; i++) {
            clients[i] = new SocketClient(server, "Authorization", WRITER);
        }
        for (var client : clients) {
            client.close();
        }
    }

    @Test
    void a_message_that_is_too_long_is_closed_with_1009_in_one_frame_or_many() {
        try (var whole = new SocketClient(server, "Authorization", WRITER)) {
            whole.socket().sendText("x".repeat(262_145), true);
            assertEquals(1009, whole.awaitClosed());
        }
        try (var parts = new SocketClient(server, "Authorization", WRITER)) {
            for (int i = 0; i < 5; i++) {
                parts.socket().sendText("x".repeat(60_000), i == 4).join();
            }
            assertEquals(1009, parts.awaitClosed());
        }
    }

    @Test
    void a_binary_message_is_closed_with_1003() {
        try (var client = new SocketClient(server, "Authorization", WRITER)) {
            client.socket().sendBinary(ByteBuffer.allocate(10), true);
            assertEquals(1003, client.awaitClosed());
        }
    }

    @Test
    void raw_frames_that_break_the_protocol_are_closed_as_rfc_6455_says() throws Exception {
        assertEquals(1007, RawSocket.closeCode(server, WRITER, 0x81, new byte[] {(byte) 0xc3, 0x28}), "invalid UTF-8");
        assertEquals(
                1007, RawSocket.closeCode(server, WRITER, 0x81, new byte[] {(byte) 0xed, (byte) 0xa0, (byte) 0x80}));
        assertEquals(1002, RawSocket.closeCode(server, WRITER, 0x83, new byte[0]), "an opcode that is none");
        assertEquals(1002, RawSocket.closeCode(server, WRITER, 0xc1, new byte[] {'a'}), "a reserved bit");
        assertEquals(1002, RawSocket.closeCode(server, WRITER, 0x09, new byte[0]), "a fragmented ping");
        assertEquals(1002, RawSocket.closeCode(server, WRITER, 0x80, new byte[] {'a'}), "a continuation of nothing");
    }

    private int refused(String... headers) {
        var thrown = assertThrows(CompletionException.class, () -> new SocketClient(server, headers).close());
        var response = assertInstanceOf(WebSocketHandshakeException.class, thrown.getCause())
                .getResponse();
        assertEquals(
                "application/json",
                response.headers().firstValue("Content-Type").orElseThrow());
        assertTrue(response.headers().firstValue("Content-Security-Policy").isPresent());
        return response.statusCode();
    }

    private void opens(String... headers) {
        try (var client = new SocketClient(server, headers)) {
            client.create("\"input\":\"a\",\"max_output_tokens\":1");
        }
    }
}
