package tinylm.web;

import jakarta.annotation.Priority;
import jakarta.enterprise.context.Dependent;
import jakarta.enterprise.inject.Alternative;
import jakarta.enterprise.inject.Produces;

/// The model that the page is told of in tests, whose name would do harm in a page that does not escape it.
@Dependent
class PageModel {

    @Produces
    @Alternative
    @Priority(1)
    ModelInfo model() {
        var alphabet = "\n !$&',-.3:;?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        return new ModelInfo("lighthouse <b>&", 2_731_200, 1.5432, "val-full-256", 256, alphabet);
    }
}
