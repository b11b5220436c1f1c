package tinylm;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/// Holds the table of packages against the compiled classes: uses go down only, siblings never know each other.
@AnalyzeClasses(packages = "tinylm", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    @ArchTest
    static final ArchRule uses_go_down_only = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("model")
            .definedBy("tinylm.model..")
            .layer("text")
            .definedBy("tinylm.text..")
            .layer("checkpoint")
            .definedBy("tinylm.checkpoint..")
            .layer("store")
            .definedBy("tinylm.store..")
            .layer("inference")
            .definedBy("tinylm.inference..")
            .layer("training")
            .definedBy("tinylm.training..")
            .layer("session")
            .definedBy("tinylm.session..")
            .layer("runs")
            .definedBy("tinylm.runs..")
            .layer("card")
            .definedBy("tinylm.card..")
            .layer("web")
            .definedBy("tinylm.web..")
            .layer("cli")
            .definedBy("tinylm.cli..")
            .whereLayer("cli")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("web")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("session")
            .mayOnlyBeAccessedByLayers("web", "cli")
            .whereLayer("card")
            .mayOnlyBeAccessedByLayers("web")
            .whereLayer("runs")
            .mayOnlyBeAccessedByLayers("card", "web", "cli")
            .whereLayer("store")
            .mayOnlyBeAccessedByLayers("runs", "card", "web", "cli")
            .whereLayer("training")
            .mayOnlyBeAccessedByLayers("runs", "card", "web", "cli")
            .whereLayer("inference")
            .mayOnlyBeAccessedByLayers("session", "web", "cli")
            .whereLayer("checkpoint")
            .mayOnlyBeAccessedByLayers("store", "inference", "training", "session", "runs", "card", "web", "cli")
            .whereLayer("text")
            .mayOnlyBeAccessedByLayers("checkpoint", "inference", "training", "session", "runs", "card", "web", "cli")
            .whereLayer("model")
            .mayOnlyBeAccessedByLayers("checkpoint", "inference", "training", "session", "runs", "card", "web", "cli");

    @ArchTest
    static final ArchRule every_class_has_a_place_in_the_table = classes()
            .should()
            .resideInAnyPackage(
                    "tinylm.model",
                    "tinylm.text",
                    "tinylm.checkpoint",
                    "tinylm.store",
                    "tinylm.inference",
                    "tinylm.training",
                    "tinylm.session",
                    "tinylm.runs",
                    "tinylm.card",
                    "tinylm.web",
                    "tinylm.cli");

    @ArchTest
    static final ArchRule no_package_needs_itself_by_a_detour =
            slices().matching("tinylm.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule the_mathematics_the_text_and_the_training_run_in_a_plain_main = noClasses()
            .that()
            .resideInAnyPackage("tinylm.model..", "tinylm.text..", "tinylm.training..", "tinylm.checkpoint..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("jakarta..", "io.quarkus..", "io.smallrye..", "io.vertx..", "picocli..");

    @ArchTest
    static final ArchRule mutiny_rest_and_sockets_stay_in_web = noClasses()
            .that()
            .resideOutsideOfPackages("tinylm.web..", "tinylm.cli..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("jakarta.ws.rs..", "io.smallrye.mutiny..", "io.quarkus.websockets..");

    @ArchTest
    static final ArchRule attention_is_our_own =
            noClasses().should().dependOnClassesThat().resideInAPackage("ai.djl.nn.transformer..");

    @ArchTest
    static final ArchRule one_class_meets_the_engine = noClasses()
            .that()
            .doNotHaveFullyQualifiedName("tinylm.model.Torch")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("ai.djl.pytorch..");

    @ArchTest
    static final ArchRule the_text_knows_no_tensors = noClasses()
            .that()
            .resideInAPackage("tinylm.text..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("ai.djl..");
}
