package tinylm.web;

import io.quarkus.websockets.next.OpenConnections;
import io.quarkus.websockets.next.WebSocketConnection;
import java.util.Iterator;
import java.util.stream.Stream;

/// A server to which no socket is open.
final class NoSockets implements OpenConnections {

    @Override
    public Stream<WebSocketConnection> stream() {
        return Stream.of();
    }

    @Override
    public Iterator<WebSocketConnection> iterator() {
        return stream().iterator();
    }
}
