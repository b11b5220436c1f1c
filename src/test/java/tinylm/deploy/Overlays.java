package tinylm.deploy;

import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;

/// The overlays of k8s/, rendered once for all tests.
final class Overlays {

    private static List<Named<Installation>> rendered = List.of();

    private Overlays() {}

    static synchronized Stream<Named<Installation>> all() throws IOException, InterruptedException {
        if (rendered.isEmpty()) {
            var kustomize = Kustomize.find();
            rendered = List.of(
                    render(kustomize, "dev"),
                    render(kustomize, "production"),
                    render(kustomize, "production-keda"),
                    render(kustomize, "production-s3"));
        }
        return rendered.stream();
    }

    private static Named<Installation> render(Kustomize kustomize, String overlay)
            throws IOException, InterruptedException {
        return Named.of(overlay, Installation.of(kustomize.render("overlays/" + overlay)));
    }

    static Installation production() throws IOException, InterruptedException {
        return named("production");
    }

    static Installation named(String overlay) throws IOException, InterruptedException {
        return all().filter(one -> one.getName().equals(overlay))
                .findFirst()
                .orElseThrow()
                .getPayload();
    }
}
