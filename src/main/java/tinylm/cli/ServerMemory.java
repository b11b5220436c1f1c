package tinylm.cli;

import java.io.IOException;
import java.net.InetAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/// Resident memory of a server's process on this machine, by Linux' `/proc`.
record ServerMemory(long pid) {

    private static final Pattern PID = Pattern.compile("(?m)^tinylm_process_info\\{.*pid=\"([0-9]+)\"");

    /// @param pid absent: what the server says in its metrics
    /// @throws IOException with a sentence if there is no such process to look at
    static ServerMemory of(LoadServer server, OptionalLong pid) throws IOException, InterruptedException {
        var memory = new ServerMemory(pid.isPresent() ? pid.getAsLong() : tellsItself(server));
        memory.kilobytes();
        return memory;
    }

    private static long tellsItself(LoadServer server) throws IOException, InterruptedException {
        if (!InetAddress.getByName(server.url().getHost()).isLoopbackAddress()) {
            throw new IOException("the memory of a server on another machine cannot be read");
        }
        var request = HttpRequest.newBuilder(server.url().resolve("/q/metrics"));
        server.key().ifPresent(key -> request.header("Authorization", "Bearer " + key));
        try (var http =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
            var metrics = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
            var found = PID.matcher(metrics.body());
            if (!found.find()) {
                throw new IOException("the server does not say its process id (its metrics answer "
                        + metrics.statusCode() + "): name it with --pid");
            }
            return Long.parseLong(found.group(1));
        }
    }

    long kilobytes() throws IOException {
        return kilobytes("VmRSS:");
    }

    /// The most that it ever had.
    long peakKilobytes() throws IOException {
        return kilobytes("VmHWM:");
    }

    private long kilobytes(String field) throws IOException {
        Path status = Path.of("/proc", Long.toString(pid), "status");
        if (!Files.isReadable(status)) {
            throw new IOException("there is no " + status + " to read the server's memory from");
        }
        return Files.readAllLines(status).stream()
                .filter(line -> line.startsWith(field))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                .findFirst()
                .orElseThrow(() -> new IOException(status + " has no " + field));
    }
}
