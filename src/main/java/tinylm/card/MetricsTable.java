package tinylm.card;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.MinimalPrettyPrinter;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tinylm.runs.Report;
import tinylm.runs.Runs;

/// All measurements of a run as one table: a row for each step, in order, with the evaluation after it beside it where
/// there was one. Rows pass by; a run may have millions. Every number is written with all its digits.
public final class MetricsTable {

    /// What is known of a step; at least one of both.
    private record Row(long step, Optional<Report.Step> update, Optional<Report.Evaluation> evaluation) {}

    private enum Column {
        STEP("step", row -> Optional.of(row.step())),
        LOSS("loss_nats_per_character", ofUpdate(Report.Step::loss)),
        LEARNING_RATE("learning_rate", ofUpdate(Report.Step::learningRate)),
        GRADIENT_NORM("gradient_norm", ofUpdate(Report.Step::gradientNorm)),
        SPEED("speed_characters_per_second", ofUpdate(Report.Step::charactersPerSecond)),
        MEMORY("memory_bytes", ofUpdate(Report.Step::memoryBytes)),
        ELAPSED("elapsed_seconds", ofUpdate(Report.Step::seconds)),
        MEAN_LOSS(
                "evaluation_train_loss_nats_per_character",
                row -> row.evaluation().flatMap(one -> boxed(one.trainLoss()))),
        VALIDATION_LOSS(
                "evaluation_validation_loss_nats_per_character", ofEvaluation(Report.Evaluation::validationLoss)),
        EVALUATION_ELAPSED("evaluation_elapsed_seconds", ofEvaluation(Report.Evaluation::seconds));

        private final String title;
        private final Function<Row, Optional<? extends Number>> value;

        Column(String title, Function<Row, Optional<? extends Number>> value) {
            this.title = title;
            this.value = value;
        }

        private static Function<Row, Optional<? extends Number>> ofUpdate(Function<Report.Step, Number> value) {
            return row -> row.update().map(value);
        }

        private static Function<Row, Optional<? extends Number>> ofEvaluation(
                Function<Report.Evaluation, Number> value) {
            return row -> row.evaluation().map(value);
        }

        private static Optional<Double> boxed(OptionalDouble value) {
            return value.isPresent() ? Optional.of(value.getAsDouble()) : Optional.empty();
        }
    }

    private MetricsTable() {}

    /// RFC 4180, with a line of titles; what was not measured is empty.
    public static void writeCsv(Runs runs, String id, OutputStream out) throws IOException {
        var writer = new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8));
        writer.write(
                Stream.of(Column.values()).map(column -> column.title).collect(Collectors.joining(",", "", "\r\n")));
        eachRow(runs, id, row -> {
            var line = Stream.of(Column.values())
                    .map(column -> column.value.apply(row).map(Number::toString).orElse(""))
                    .collect(Collectors.joining(",", "", "\r\n"));
            writer.write(line);
        });
        writer.flush();
    }

    /// An array of objects with the titles of the CSV as names, one object a line; what was not measured is left out.
    public static void writeJson(Runs runs, String id, OutputStream out) throws IOException {
        try (var json = new JsonFactory()
                .createGenerator(out)
                .disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET)
                .disable(JsonGenerator.Feature.FLUSH_PASSED_TO_STREAM)
                .disable(JsonGenerator.Feature.AUTO_CLOSE_JSON_CONTENT)) { // what broke off must not look whole
            json.setPrettyPrinter(new RowsOnLines());
            json.writeStartArray();
            eachRow(runs, id, row -> {
                json.writeStartObject();
                for (var column : Column.values()) {
                    var value = column.value.apply(row);
                    if (value.isPresent()) {
                        json.writeFieldName(column.title);
                        write(json, value.get());
                    }
                }
                json.writeEndObject();
            });
            json.writeEndArray();
            json.writeRaw('\n');
        }
        out.flush();
    }

    private static void write(JsonGenerator json, Number value) throws IOException {
        if (value instanceof Long whole) {
            json.writeNumber(whole);
        } else {
            json.writeNumber(value.doubleValue());
        }
    }

    private static final class RowsOnLines extends MinimalPrettyPrinter {

        @Override
        public void writeArrayValueSeparator(JsonGenerator json) throws IOException {
            json.writeRaw(",\n");
        }
    }

    private interface RowWriter {
        void write(Row row) throws IOException;
    }

    private static void eachRow(Runs runs, String id, RowWriter writer) throws IOException {
        Deque<Report.Evaluation> waiting = new ArrayDeque<>(runs.evaluations(id, -1));
        Consumer<Row> rows = row -> {
            try {
                writer.write(row);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        };
        try {
            runs.eachStep(id, step -> {
                while (!waiting.isEmpty() && waiting.getFirst().step() < step.step()) {
                    rows.accept(alone(waiting.removeFirst()));
                }
                boolean isBeside = !waiting.isEmpty() && waiting.getFirst().step() == step.step();
                var beside = isBeside ? Optional.of(waiting.removeFirst()) : Optional.<Report.Evaluation>empty();
                rows.accept(new Row(step.step(), Optional.of(step), beside));
            });
            waiting.forEach(one -> rows.accept(alone(one)));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static Row alone(Report.Evaluation evaluation) {
        return new Row(evaluation.step(), Optional.empty(), Optional.of(evaluation));
    }
}
