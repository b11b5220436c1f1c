package tinylm.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeer;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicySpec;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Who may speak to whom.
class NetworkTest {

    @ParameterizedTest
    @MethodSource("tinylm.deploy.Overlays#all")
    void the_network_is_closed_unless_a_policy_opens_it(Installation installation) {
        var closed = installation.one(NetworkPolicy.class, "default-deny").getSpec();
        assertEquals(Map.of(), closed.getPodSelector().getMatchLabels());
        assertEquals(Set.of("Ingress", "Egress"), Set.copyOf(closed.getPolicyTypes()));
        assertEquals(List.of(), closed.getIngress());
        assertEquals(List.of(), closed.getEgress());
    }

    @Test
    void inside_the_namespace_only_workers_speak_and_to_the_trainer_only() throws Exception {
        var production = Overlays.production();
        var heard = new HashSet<String>();
        for (var from : labels(production)) {
            for (var to : labels(production)) {
                if (maySend(production, from, to) && mayHear(production, from, to)) {
                    heard.add(component(from) + " to " + component(to));
                }
            }
        }
        assertEquals(Set.of("worker to trainer"), heard);
    }

    @Test
    void a_database_is_open_to_servers_the_api_server_to_the_trainer_and_names_to_all() throws Exception {
        var production = Overlays.production();
        var open = new HashSet<String>();
        for (var from : labels(production)) {
            for (var port : List.of("5432", "6443", "53")) {
                if (policies(production, "Egress", from)
                        .flatMap(policy -> policy.getEgress().stream())
                        .anyMatch(rule -> has(rule.getPorts(), port))) {
                    open.add(component(from) + " to " + port);
                }
            }
        }
        assertEquals(
                Set.of(
                        "server to 5432",
                        "trainer to 5432",
                        "trainer to 6443",
                        "server to 53",
                        "trainer to 53",
                        "worker to 53"),
                open);
    }

    private static List<Map<String, String>> labels(Installation installation) {
        return installation.pods().stream()
                .map(pod -> pod.getMetadata().getLabels())
                .toList();
    }

    private static boolean maySend(Installation installation, Map<String, String> from, Map<String, String> to) {
        return policies(installation, "Egress", from)
                .flatMap(policy -> policy.getEgress().stream())
                .anyMatch(rule -> has(rule.getPorts(), "8080") && isAmong(rule.getTo(), to));
    }

    private static boolean mayHear(Installation installation, Map<String, String> from, Map<String, String> to) {
        return policies(installation, "Ingress", to)
                .flatMap(policy -> policy.getIngress().stream())
                .anyMatch(rule -> has(rule.getPorts(), "8080") && isAmong(rule.getFrom(), from));
    }

    private static Stream<NetworkPolicySpec> policies(
            Installation installation, String direction, Map<String, String> pod) {
        return installation.all(NetworkPolicy.class).stream()
                .map(NetworkPolicy::getSpec)
                .filter(policy -> policy.getPolicyTypes().contains(direction))
                .filter(policy -> selects(policy.getPodSelector(), pod));
    }

    private static boolean has(List<NetworkPolicyPort> ports, String port) {
        return ports.isEmpty()
                || ports.stream()
                        .anyMatch(one -> one.getPort().getValue().toString().equals(port));
    }

    /// Peers in other namespaces are others.
    private static boolean isAmong(List<NetworkPolicyPeer> peers, Map<String, String> pod) {
        return peers.isEmpty()
                || peers.stream()
                        .anyMatch(peer -> peer.getNamespaceSelector() == null
                                && peer.getPodSelector() != null
                                && selects(peer.getPodSelector(), pod));
    }

    private static boolean selects(LabelSelector selector, Map<String, String> labels) {
        return labels.entrySet().containsAll(selector.getMatchLabels().entrySet())
                && selector.getMatchExpressions().stream().allMatch(one -> {
                    assertEquals("In", one.getOperator());
                    return one.getValues().contains(labels.get(one.getKey()));
                });
    }

    private static String component(Map<String, String> labels) {
        return labels.get("app.kubernetes.io/component");
    }
}
