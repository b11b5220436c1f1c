package tinylm.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static tinylm.web.FrameClient.CLOSE;
import static tinylm.web.FrameClient.FIN;
import static tinylm.web.FrameClient.TEXT;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;
import tinylm.inference.Models;

/// Visitors who ask for as much as there is, and read nothing of it.
@QuarkusTest
class StalledReadersTest {

    /// All slots but one.
    private static final int READERS = 7;
    /// The chances of twenty others beside each of 10,000 characters: some ten megabytes of JSON.
    private static final String MOST = """
            {"type":"response.create","input":"Go on","max_output_tokens":10000,"top_logprobs":20}""";

    private static final String ASK = "\"input\":\"Bystander\",\"max_output_tokens\":600,\"seed\":11";
    private static final long MOST_BYTES_EACH = 1 << 20;

    @TestHTTPResource("/")
    URI server;

    @Inject
    Models models;

    @Test
    void who_does_not_read_is_closed_with_a_reason_and_costs_others_neither_memory_nor_a_character()
            throws IOException {
        try (var bystander = new SocketClient(server)) {
            bystander.create(ASK);
            var alone = SocketClient.text(bystander.rest());
            long before = heap();
            var readers = new ArrayList<FrameClient>();
            for (int i = 0; i < READERS; i++) {
                readers.add(FrameClient.open(server, 4_096).send(FIN | TEXT, MOST));
            }
            long most = 0;
            do {
                bystander.create(ASK);
                assertEquals(alone, SocketClient.text(bystander.rest()));
                most = Math.max(most, heap() - before);
            } while (models.current().engine().unfinished() > 0);
            assertTrue(most < READERS * MOST_BYTES_EACH, most + " bytes");
            for (var reader : readers) {
                assertClosedAsTooSlow(reader);
            }
        }
    }

    /// What the kernel holds is still there for who begins to read; then comes the reason, or the end.
    private static void assertClosedAsTooSlow(FrameClient reader) throws IOException {
        try (reader) {
            var close = reader.await(CLOSE);
            assertEquals(1008, close.status());
            assertEquals("The text was not read fast enough; please connect again.", close.reason());
        }
    }

    private static long heap() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
