package tinylm.card;

import static tinylm.card.Markdown.fenced;
import static tinylm.card.Markdown.plain;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import tinylm.checkpoint.Checkpoint;
import tinylm.runs.Environment;
import tinylm.runs.Report;
import tinylm.runs.RunState;
import tinylm.runs.Runs;
import tinylm.training.Evaluator;

/// A run's report card in Markdown. What is not there yet is said in a sentence.
public final class CardMarkdown {

    private static final DateTimeFormatter MOMENT = DateTimeFormatter.ofPattern(
                    "uuuu-MM-dd HH:mm:ss 'UTC'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private final StringBuilder text = new StringBuilder();
    private final Card card;

    private CardMarkdown(Card card) {
        this.card = card;
    }

    /// @param now the end of a run that has none yet
    /// @throws tinylm.runs.RunRefused when there is no such run
    public static String of(Runs runs, String id, Instant now) {
        return of(Card.of(runs, id, now));
    }

    static String of(Card card) {
        return new CardMarkdown(card).written();
    }

    private String written() {
        head();
        figures();
        curve();
        samples();
        config();
        checkpoints();
        environment();
        changes();
        reproduction();
        return text.toString();
    }

    private void head() {
        var run = card.run();
        add("# %s", plain(run.order().name()));
        add("");
        add("`%s`: **%s**. %s", run.id(), words(run.state()), plain(run.status().reason()));
        add("As of %s.", moment(card.now()));
    }

    private void figures() {
        var run = card.run();
        var config = run.order().config();
        long characters = run.progress().step() * config.charactersPerStep();
        add("");
        add("| | |");
        add("|---|---|");
        row("Best validation loss", card.best().map(this::validation).orElse("not measured yet"));
        row("Last validation loss", card.last().map(this::validation).orElse("not measured yet"));
        row("Training loss", trainingLoss());
        row("Steps", formatted("%,d of %,d", run.progress().step(), config.steps()));
        row("Parameters", formatted("%,d", config.model().parameterCount()));
        row("Characters seen", formatted("%,d", characters));
        if (card.seconds() > 0) {
            row(
                    "Characters per second",
                    formatted("%,.0f, evaluations and saves included", characters / card.seconds()));
            row("Time spent training", duration(card.seconds()));
        }
        run.startedAt().ifPresent(start -> row("From start to end", wall(start)));
        row("Corpus", plain(run.order().corpus()) + ", SHA-256 `" + run.order().corpusSha256() + "`");
    }

    private String validation(Report.Evaluation one) {
        var protocol = Evaluator.protocol(card.run().order().config().model().contextLength());
        return formatted("%.4f nats per character (`%s`) at step %,d", one.validationLoss(), protocol, one.step());
    }

    private String trainingLoss() {
        var progress = card.run().progress();
        if (progress.trainLoss().isEmpty()) {
            return "not measured yet";
        }
        var mean = card.last().map(Report.Evaluation::trainLoss).filter(loss -> loss.isPresent());
        return formatted(
                        "%.4f nats per character in step %,d",
                        progress.trainLoss().getAsDouble(), progress.step())
                + mean.map(loss -> formatted("; %.4f on average before the last evaluation", loss.getAsDouble()))
                        .orElse("");
    }

    private String wall(Instant start) {
        var time = duration(
                Duration.between(start, card.run().endedAt().orElse(card.now())).toMillis() / 1000.0);
        return card.run()
                .endedAt()
                .map(end -> formatted("%s, %s to %s", time, moment(start), moment(end)))
                .orElse(formatted("%s, since %s", time, moment(start)));
    }

    private void curve() {
        title("Curve");
        if (card.curve().training().isEmpty() && card.curve().validation().isEmpty()) {
            add("No step was reported yet.");
            return;
        }
        var svg = CurveSvg.of(card.curve(), card.run().order().name());
        add(
                "![Training and validation loss by step](data:image/svg+xml;base64,%s)",
                Base64.getEncoder().encodeToString(svg.getBytes(StandardCharsets.UTF_8)));
    }

    private void samples() {
        title("Samples");
        add(
                card.samples().isEmpty()
                        ? "The model has written none yet; it writes one at each evaluation."
                        : "What the model wrote from nothing, with the same dice each time.");
        for (var sample : card.samples()) {
            add("");
            add("### Step %,d", sample.step());
            add("");
            text.append(fenced("text", sample.text()));
        }
    }

    private void config() {
        var order = card.run().order();
        var usual = Reproduction.config(order.preset());
        title("Config");
        add("Preset `%s`. In bold: what differs from it.", order.preset());
        add("");
        add("| | This run | Preset |");
        add("|---|---|---|");
        for (var knob : Knob.values()) {
            var value = knob.value(order.config());
            var preset = knob.value(usual);
            boolean isUsual = value.equals(preset);
            add("| %s | %s | %s |", knob.label(), isUsual ? value : "**" + value + "**", preset);
        }
        add(
                "| Alphabet | %,d characters | the corpus' |",
                order.config().model().vocabSize());
    }

    private void checkpoints() {
        var saved = card.checkpoints();
        title("Checkpoints");
        if (saved.best().isEmpty()) {
            add("None that verifies.");
        } else {
            add("| | Step | Validation loss | SHA-256 of model.safetensors |");
            add("|---|---|---|---|");
            checkpoint("Best", saved.best());
            checkpoint("Last", saved.last());
        }
        for (var sentence : saved.refused()) {
            add("");
            add("Refused: %s", plain(sentence));
        }
    }

    private void checkpoint(String which, Optional<Checkpoint> saved) {
        saved.ifPresent(one -> {
            var manifest = one.manifest().orElseThrow();
            double loss = manifest.validationLoss();
            add(
                    "| %s | %,d | %s | `%s` |",
                    which,
                    manifest.step(),
                    Double.isNaN(loss) ? "not measured" : formatted("%.4f", loss),
                    one.sha256());
        });
    }

    private void environment() {
        title("Environment");
        if (card.environments().isEmpty()) {
            add("No worker has said yet what it computes with.");
            return;
        }
        if (card.environments().size() > 1) {
            add("The workers of this run had different ones, the newest in the last column.");
            add("");
        }
        var all = card.environments();
        add("| |%s", " |".repeat(all.size()));
        add("|---|%s", "---|".repeat(all.size()));
        add("| tinylm |%s", cells(one -> one.tinylm()));
        add("| Java |%s", cells(one -> one.java()));
        add("| Engine |%s", cells(one -> one.engine()));
        add("| Processor |%s", cells(one -> one.processor()));
        add("| Cores |%s", cells(one -> Integer.toString(one.cores())));
        add("| Threads |%s", cells(one -> Integer.toString(one.threads())));
        add("| System |%s", cells(one -> one.system()));
    }

    private String cells(Function<Environment, String> value) {
        var cells = new StringBuilder();
        card.environments()
                .forEach(
                        one -> cells.append(' ').append(plain(value.apply(one))).append(" |"));
        return cells.toString();
    }

    private void changes() {
        title("What happened");
        add("| When | | Why |");
        add("|---|---|---|");
        add("| %s | queued | Asked for. |", moment(card.run().createdAt()));
        for (var change : card.changes()) {
            add(
                    "| %s | %s to %s | %s |",
                    moment(change.at()), words(change.from()), words(change.to()), plain(change.reason()));
        }
    }

    private void reproduction() {
        var again = card.reproduction();
        title("The same again");
        text.append(fenced("sh", again.shell()));
        add("");
        if (!again.isExact()) {
            add(
                    "The run was stopped before an extension, or its learning rate was halved on the way: see What happened."
                            + " No option changes a rate on the way; otherwise these commands give the same bits if the one"
                            + " before an extension is stopped, by Ctrl-C, after the same step.");
            add("");
        }
        again.corpusFile()
                .ifPresent(file -> add(
                        "%s stands for a file with the text of the corpus, SHA-256 `%s`.",
                        plain(file), card.run().order().corpusSha256()));
        add(
                switch (card.environments().size()) {
                    case 0 -> "How many threads a worker will use is not known yet; `--threads` says it.";
                    case 1 -> "With the same environment the weights are the same bits after each step.";
                    default -> "The workers had different environments, so the last bits of the weights may differ.";
                });
    }

    private void title(String words) {
        add("");
        add("## %s", words);
        add("");
    }

    private void row(String label, String value) {
        add("| %s | %s |", label, value);
    }

    private void add(String format, Object... values) {
        text.append(values.length == 0 ? format : formatted(format, values)).append('\n');
    }

    private static String formatted(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }

    private static String words(RunState state) {
        return state.name().toLowerCase(Locale.ROOT);
    }

    private static String moment(Instant time) {
        return MOMENT.format(time);
    }

    private static String duration(double seconds) {
        var time = Duration.ofMillis(Math.round(seconds * 1000));
        if (time.compareTo(Duration.ofMinutes(1)) < 0) {
            return formatted("%.1f s", seconds);
        }
        var hours = time.toHours() == 0 ? "" : time.toHours() + " h ";
        return hours + time.toMinutesPart() + " min " + time.toSecondsPart() + " s";
    }
}
