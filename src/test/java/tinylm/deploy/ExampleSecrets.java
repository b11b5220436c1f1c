package tinylm.deploy;

import io.fabric8.kubernetes.api.model.Secret;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/// The secrets that an operator makes, as the example documents them.
final class ExampleSecrets {

    private ExampleSecrets() {}

    /// What each holds, by its name.
    static Map<String, Map<String, String>> read() throws IOException {
        var secrets = new HashMap<String, Map<String, String>>();
        for (var object : Kustomize.read(Files.readString(Path.of("k8s/examples/secret.example.yaml")))) {
            var secret = (Secret) KubernetesModels.read(object);
            secrets.put(secret.getMetadata().getName(), secret.getStringData());
        }
        return secrets;
    }
}
