package tinylm.deploy;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithName;
import io.smallrye.config.common.utils.StringUtil;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import tinylm.runs.Job;
import tinylm.store.CheckpointStore;

/// The environment variables that tinylm reads.
final class Settings {

    /// Quarkus' own that the manifests set, as its documentation has them.
    private static final Set<String> QUARKUS = Set.of(
            "QUARKUS_PROFILE",
            "QUARKUS_HTTP_HOST",
            "QUARKUS_HTTP_PROXY_PROXY_ADDRESS_FORWARDING",
            "QUARKUS_HTTP_PROXY_TRUSTED_PROXIES",
            "QUARKUS_LOG_CONSOLE_JSON_ENABLED",
            "QUARKUS_DATASOURCE_POSTGRESQL_JDBC_URL",
            "QUARKUS_DATASOURCE_POSTGRESQL_USERNAME",
            "QUARKUS_DATASOURCE_POSTGRESQL_PASSWORD");

    /// What the client of the S3-compatible store reads, as its documentation has them.
    private static final Set<String> STORE =
            Set.of("AWS_ENDPOINT_URL_S3", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY");

    private static final List<Pattern> SERVER = Stream.concat(
                    mappings()
                            .flatMap(mapping -> names(
                                    mapping,
                                    mapping.getAnnotation(ConfigMapping.class).prefix())),
                    inTheProperties())
            .map(Settings::variable)
            .toList();

    private Settings() {}

    static boolean isKnown(String variable) {
        return QUARKUS.contains(variable)
                || STORE.contains(variable)
                || SERVER.stream().anyMatch(name -> name.matcher(variable).matches())
                || isKnownToTheLauncher(variable);
    }

    static boolean isKnownToWorkers(String variable) {
        return Set.of(Job.SERVER, Job.TOKEN, CheckpointStore.VARIABLE).contains(variable)
                || STORE.contains(variable)
                || isKnownToTheLauncher(variable);
    }

    private static boolean isKnownToTheLauncher(String variable) {
        return read("tinylm").contains("${" + variable + ":-}");
    }

    private static Stream<Class<?>> mappings() {
        return new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS).importPackages("tinylm").stream()
                        .filter(type -> type.isAnnotatedWith(ConfigMapping.class))
                        .map(JavaClass::reflect);
    }

    private static Stream<String> names(Class<?> group, String prefix) {
        return Stream.of(group.getMethods())
                .filter(method -> !method.isDefault())
                .flatMap(method -> names(method, prefix + "." + name(method)));
    }

    private static Stream<String> names(Method method, String name) {
        var type = method.getReturnType();
        if (type == Map.class) {
            var values = (Class<?>) ((ParameterizedType) method.getGenericReturnType()).getActualTypeArguments()[1];
            return names(values, name + ".*");
        }
        return type.isInterface() && type.getName().startsWith("tinylm.") ? names(type, name) : Stream.of(name);
    }

    private static String name(Method method) {
        return Optional.ofNullable(method.getAnnotation(WithName.class))
                .map(WithName::value)
                .orElseGet(() -> StringUtil.skewer(method.getName()));
    }

    /// Those that only our own application.properties refers to.
    private static Stream<String> inTheProperties() {
        return Pattern.compile("\\$\\{(tinylm\\.[a-z.-]+)")
                .matcher(read("src/main/resources/application.properties"))
                .results()
                .map(found -> found.group(1));
    }

    private static Pattern variable(String property) {
        return Pattern.compile(property.replaceAll("[.-]", "_").toUpperCase().replace("*", "[A-Z0-9]+"));
    }

    private static String read(String file) {
        try {
            return Files.readString(Path.of(file));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
