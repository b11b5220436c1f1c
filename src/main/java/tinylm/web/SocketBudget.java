package tinylm.web;

import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.websockets.next.HttpUpgradeCheck;
import io.quarkus.websockets.next.UserData;
import io.quarkus.websockets.next.UserData.TypedKey;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;
import tinylm.session.Refusal;

/// Remembers with each socket whose budget its responses are counted against.
@ApplicationScoped
public class SocketBudget implements HttpUpgradeCheck {

    private static final TypedKey<Payer> PAYER = new TypedKey<>("payer");

    private final RateLimits limits;

    SocketBudget(RateLimits limits) {
        this.limits = limits;
    }

    private record Payer(RateLimits limits, Peer peer, String name) {}

    @Override
    public Uni<CheckResult> perform(HttpUpgradeContext context) {
        return context.securityIdentity().map(identity -> remember(context, identity));
    }

    private CheckResult remember(HttpUpgradeContext context, SecurityIdentity identity) {
        var peer = Peer.of(context.httpRequest());
        context.userData()
                .put(PAYER, new Payer(limits, peer, identity.getPrincipal().getName()));
        return CheckResult.permitUpgradeSync();
    }

    /// Whose socket it is: the name of the key.
    static String name(UserData socket) {
        return socket.get(PAYER).name();
    }

    /// Counts one more response that is asked for over a socket.
    static Optional<Refusal> spend(UserData socket) {
        var payer = socket.get(PAYER);
        return payer.limits()
                .over(payer.peer(), payer.name())
                .map(problem -> new Refusal(Refusal.Kind.BUSY, problem.code(), problem.message(), ""));
    }
}
