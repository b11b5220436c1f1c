package tinylm.web;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;
import tinylm.runs.Report;

/// What the socket `/v1/runs/stream` tells, one JSON object a frame.
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = RunEvent.Changed.class, name = "run"),
    @JsonSubTypes.Type(value = RunEvent.Metrics.class, name = "metrics"),
    @JsonSubTypes.Type(value = RunEvent.Sample.class, name = "sample")
})
sealed interface RunEvent {

    record Changed(RunBody run) implements RunEvent {}

    /// @param run its id
    record Metrics(String run, List<Report.Step> steps, List<RunsResource.EvaluationBody> evaluations)
            implements RunEvent {}

    /// @param run its id
    record Sample(String run, long step, String text) implements RunEvent {}
}
