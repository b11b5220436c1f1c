package tinylm.web;

import io.quarkus.arc.DefaultBean;
import jakarta.enterprise.context.Dependent;
import jakarta.enterprise.inject.Produces;

/// The model that the page is told of where no other is served.
@Dependent
class PageModel {

    @Produces
    @DefaultBean
    ModelInfo model() {
        var alphabet = "\n !$&',-.3:;?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        return new ModelInfo("lighthouse <b>&", 2_731_200, 1.5432, "val-full-256", 256, alphabet);
    }
}
