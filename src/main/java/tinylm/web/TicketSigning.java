package tinylm.web;

import io.quarkus.runtime.Startup;
import io.quarkus.runtime.configuration.ConfigUtils;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.InstantSource;
import org.jboss.logging.Logger;
import tinylm.session.Tickets;

/// The key by which servers know each other's streams. Read before the model is loaded: a server with a wrong one does
/// not start.
@Startup(Door.BEFORE_THE_MODEL)
@ApplicationScoped
class TicketSigning {

    private static final Logger LOG = Logger.getLogger(TicketSigning.class);

    private final Tickets tickets;

    TicketSigning(ServerConfig config) {
        var key = config.ticketKey().map(text -> text.getBytes(StandardCharsets.UTF_8));
        if (key.isEmpty() && ConfigUtils.isProfileActive("postgresql")) {
            LOG.warn("tinylm.ticket-key is not set: no other server of this database can resume a stream of this one");
        } else if (key.isEmpty()) {
            LOG.debug("tinylm.ticket-key is not set: lost streams can be resumed here, until a restart");
        }
        tickets = new Tickets(key.orElseGet(TicketSigning::random), config.ticketLifetime(), InstantSource.system());
    }

    @Produces
    @Singleton
    Tickets tickets() {
        return tickets;
    }

    private static byte[] random() {
        var key = new byte[Tickets.LEAST_KEY_BYTES];
        new SecureRandom().nextBytes(key);
        return key;
    }
}
