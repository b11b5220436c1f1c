package tinylm.web;

import io.quarkus.vertx.http.HttpServer;
import io.quarkus.vertx.http.HttpServerStart;
import jakarta.enterprise.event.ObservesAsync;
import jakarta.inject.Singleton;
import org.jboss.logging.Logger;

/// Says where the page is, once it is there.
@Singleton
class Announcement {

    private static final Logger LOG = Logger.getLogger(Announcement.class);

    private final HttpServer server;

    Announcement(HttpServer server) {
        this.server = server;
    }

    void onStart(@ObservesAsync HttpServerStart start) {
        String host = start.options().getHost();
        String shown = host.equals("0.0.0.0") || host.equals("::") ? "localhost" : host;
        LOG.infof("tinylm is at http://%s:%d (Ctrl-C stops it)", shown, server.getPort());
    }
}
