package tinylm.web;

import io.smallrye.common.annotation.Blocking;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import tinylm.runs.Cron;
import tinylm.runs.Schedule;
import tinylm.runs.Schedules;

/// `/v1/schedules`: runs that start by the clock.
@Blocking
@Path("/v1/schedules")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class SchedulesResource {

    private static final String FIELDS =
            "{\"name\": \"nightly\", \"preset\": \"demo\", \"corpus\": \"tinyshakespeare\","
                    + " \"config\": {\"steps\": 800}, \"cron\": \"0 2 * * *\", \"timeZone\": \"Europe/Berlin\", \"overlap\":"
                    + " \"SKIP\", \"missed\": \"FIRE_ONCE\"}: cron has the five fields of Unix, or Quartz' six or seven; each run"
                    + " learns the text that has the corpus' name then. overlap says what is done while a run has not ended: SKIP,"
                    + " QUEUE a new one too, or REPLACE it; missed what is done about times at which no server was there: one run"
                    + " for all of them, or SKIP.";
    private static final Set<String> KNOWN =
            Set.of("name", "preset", "corpus", "config", "cron", "timeZone", "overlap", "missed");

    private final Schedules schedules;

    SchedulesResource(Schedules schedules) {
        this.schedules = schedules;
    }

    private record Asked(Schedule.Order order, Schedule.Timing timing) {

        static Asked read(String body) throws RequestRefused {
            var fields = JsonFields.parse(body);
            fields.mayHave("A schedule", KNOWN);
            var order = new Schedule.Order(
                    fields.required("name", fields.text("name")),
                    fields.required("preset", fields.text("preset")),
                    fields.required("corpus", fields.text("corpus")),
                    fields.values("config"));
            var timing = new Schedule.Timing(
                    Cron.parse(fields.required("cron", fields.text("cron"))),
                    Schedules.zone(fields.required("timeZone", fields.text("timeZone"))),
                    choice("overlap", fields.text("overlap"), Schedule.Overlap.SKIP),
                    choice("missed", fields.text("missed"), Schedule.Missed.FIRE_ONCE));
            return new Asked(order, timing);
        }

        private static <E extends Enum<E>> E choice(String field, Optional<String> written, E usual)
                throws RequestRefused {
            if (written.isEmpty()) {
                return usual;
            }
            var all = usual.getDeclaringClass().getEnumConstants();
            return Arrays.stream(all)
                    .filter(one -> one.name().equals(written.get()))
                    .findFirst()
                    .orElseThrow(() -> new RequestRefused(
                            field,
                            field + " must be "
                                    + Arrays.stream(all).map(Enum::name).collect(Collectors.joining(" or ")) + "."));
        }
    }

    @GET
    @Operation(summary = "All schedules, the newest first")
    public ScheduleBody.Page list() {
        return new ScheduleBody.Page(schedules.list().stream()
                .map(one -> ScheduleBody.of(one, schedules))
                .toList());
    }

    @GET
    @Path("preview")
    @Operation(summary = "The next five times of a cron expression, and what it says in English")
    public ScheduleBody.Preview preview(@QueryParam("cron") String cron, @QueryParam("timeZone") String timeZone)
            throws RequestRefused {
        if (cron == null || timeZone == null) {
            var absent = cron == null ? "cron" : "timeZone";
            throw new RequestRefused(absent, absent + " must be there.");
        }
        return ScheduleBody.Preview.of(Cron.parse(cron), Schedules.zone(timeZone), schedules);
    }

    @POST
    @Operation(summary = "Makes a new schedule", description = FIELDS)
    @APIResponse(responseCode = "201", description = "It fires from now on")
    public Response create(String body) throws RequestRefused {
        var asked = Asked.read(body);
        var schedule = schedules.create(asked.order(), asked.timing());
        return Response.status(Response.Status.CREATED)
                .header("Location", "/v1/schedules/" + schedule.id())
                .entity(body(schedule))
                .build();
    }

    @GET
    @Path("{id}")
    @Operation(summary = "One schedule")
    public ScheduleBody get(@PathParam("id") String id) {
        return body(schedules.get(id));
    }

    @PUT
    @Path("{id}")
    @Operation(summary = "Gives it these values in place of its own; a paused one stays so", description = FIELDS)
    public ScheduleBody replace(@PathParam("id") String id, String body) throws RequestRefused {
        var asked = Asked.read(body);
        return body(schedules.replace(id, asked.order(), asked.timing()));
    }

    @DELETE
    @Path("{id}")
    @Consumes(MediaType.WILDCARD)
    @Operation(summary = "Deletes it; its runs stay")
    @APIResponse(responseCode = "204", description = "It is gone")
    public void delete(@PathParam("id") String id) {
        schedules.delete(id);
    }

    @POST
    @Path("{id}/pause")
    @Consumes(MediaType.WILDCARD)
    @Operation(summary = "Has it fire no more until it is resumed")
    public ScheduleBody pause(@PathParam("id") String id) {
        return body(schedules.pause(id));
    }

    @POST
    @Path("{id}/resume")
    @Consumes(MediaType.WILDCARD)
    @Operation(summary = "Has it fire again, from now on")
    public ScheduleBody resume(@PathParam("id") String id) {
        return body(schedules.resume(id));
    }

    @POST
    @Path("{id}/fire")
    @Consumes(MediaType.WILDCARD)
    @Operation(summary = "Does now what it does when the time has come; lastOutcome says what that was")
    public ScheduleBody fire(@PathParam("id") String id) {
        return body(schedules.fireNow(id));
    }

    private ScheduleBody body(Schedule schedule) {
        return ScheduleBody.of(schedule, schedules);
    }
}
