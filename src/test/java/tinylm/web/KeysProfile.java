package tinylm.web;

import io.quarkus.test.junit.QuarkusTestProfile;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/// A server with a key for each role, behind a proxy that says where a request comes from, and with small limits.
public class KeysProfile implements QuarkusTestProfile {

    static final int REQUESTS_PER_KEY = 200;
    static final int REQUESTS_PER_ADDRESS = 20;
    static final int CONNECTIONS_PER_ADDRESS = 2;
    static final int FAILED_SIGN_INS = 3;

    /// One more writer, for the test that uses its requests up.
    static final String BUSY = "secret-of-the-busy-one";

    static String secret(Role role) {
        return "secret-of-the-" + role.lowerCase();
    }

    @Override
    public Set<Class<?>> getEnabledAlternatives() {
        return Set.of(StoppedClock.class);
    }

    @Override
    public Map<String, String> getConfigOverrides() {
        var config = new HashMap<String, String>();
        for (var role : Role.values()) {
            config.put("tinylm.keys." + role.lowerCase() + ".role", role.lowerCase());
            config.put("tinylm.keys." + role.lowerCase() + ".secret", secret(role));
        }
        config.put("tinylm.keys.busy.role", "writer");
        config.put("tinylm.keys.busy.sha256", "20dd9f0ec958ffd7df6d8197b021eb1c5b7a8c024c1fcc68d62359b4adcad30e");
        config.put("tinylm.limits.requests-per-key", String.valueOf(REQUESTS_PER_KEY));
        config.put("tinylm.limits.requests-per-address", String.valueOf(REQUESTS_PER_ADDRESS));
        config.put("tinylm.limits.connections-per-address", String.valueOf(CONNECTIONS_PER_ADDRESS));
        config.put("tinylm.limits.failed-sign-ins", String.valueOf(FAILED_SIGN_INS));
        config.put("quarkus.http.proxy.proxy-address-forwarding", "true");
        return config;
    }
}
