package tinylm.web;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tinylm.runs.RunState;
import tinylm.runs.Runs;
import tinylm.runs.Schedules;

/// The API of schedules.
@QuarkusTest
class SchedulesApiTest {

    @Inject
    Schedules schedules;

    @Inject
    Runs runs;

    @AfterEach
    void delete_all() {
        schedules.list().forEach(schedule -> {
            schedules.delete(schedule.id());
            schedule.last()
                    .run()
                    .filter(run -> runs.get(run).state() != RunState.STOPPED)
                    .ifPresent(runs::stop);
        });
    }

    @Test
    void a_schedule_is_made_read_replaced_paused_resumed_fired_and_deleted() {
        var id = ask("POST", "/v1/schedules", body(Map.of("config", Map.of("steps", 30))))
                .statusCode(201)
                .header("Location", startsWith("/v1/schedules/schedule-"))
                .body("name", equalTo("<i>nightly</i>"))
                .body("corpus", equalTo("own"))
                .body("config", equalTo(Map.of("steps", 30)))
                .body("cron", equalTo("0 2 * * *"))
                .body("words", equalTo("at 02:00 every day"))
                .body("timeZone", equalTo("Europe/Berlin"))
                .body("overlap", equalTo("SKIP"))
                .body("missed", equalTo("FIRE_ONCE"))
                .body("paused", equalTo(false))
                .body("nextFireTimes", hasSize(5))
                .body("nextFireTimes", everyItem(matchesPattern("\\d{4}-\\d\\d-\\d\\dT0[23]:00\\+0[12]:00")))
                .body("lastRun", nullValue())
                .body("lastOutcome", equalTo(""))
                .extract()
                .<String>path("id");
        var one = "/v1/schedules/" + id;
        given().get("/v1/schedules").then().statusCode(200).body("data.id", equalTo(List.of(id)));
        ask("PUT", one, body(Map.of("cron", "@weekly", "overlap", "REPLACE", "missed", "SKIP")))
                .statusCode(200)
                .body("overlap", equalTo("REPLACE"))
                .body("missed", equalTo("SKIP"))
                .body("config", equalTo(Map.of()));
        given().post(one + "/pause").then().statusCode(200).body("nextFireTimes", empty());
        given().get(one).then().statusCode(200).body("paused", equalTo(true));
        given().post(one + "/resume").then().statusCode(200).body("nextFireTimes", hasSize(5));
        var run = given().post(one + "/fire")
                .then()
                .statusCode(200)
                .body("lastOutcome", matchesPattern("Queued run-[0-9a-f]{8}\\."))
                .extract()
                .<String>path("lastRun");
        given().get("/v1/runs/" + run)
                .then()
                .statusCode(200)
                .body("schedule", equalTo(id))
                .body("name", equalTo("<i>nightly</i>"));
        runs.stop(run);
        given().delete(one).then().statusCode(204);
        given().get("/v1/schedules").then().body("data.id", not(hasItem(id)));
        given().get("/v1/runs/" + run).then().statusCode(200);
    }

    @Test
    void a_schedule_fires_by_itself_while_the_server_is_there() {
        var id = ask("POST", "/v1/schedules", body(Map.of("cron", "* * * * * ?")))
                .statusCode(201)
                .extract()
                .<String>path("id");
        Awaitility.await().until(() -> schedules.get(id).last().run().isPresent());
    }

    @Test
    void a_preview_tells_the_next_five_times_and_what_they_mean() {
        given().queryParam("cron", "*/15 * * * *")
                .queryParam("timeZone", "Asia/Kathmandu")
                .get("/v1/schedules/preview")
                .then()
                .statusCode(200)
                .body("words", equalTo("every 15 minutes"))
                .body("nextFireTimes", hasSize(5))
                .body("nextFireTimes", everyItem(matchesPattern(".*T\\d\\d:(00|15|30|45)\\+05:45")));
        given().queryParam("cron", "0 0 2 LW * ?")
                .queryParam("timeZone", "UTC")
                .get("/v1/schedules/preview")
                .then()
                .statusCode(200)
                .body("words", nullValue());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "?timeZone=UTC                    | cron     | must be there",
                "?cron=@daily                     | timeZone | must be there",
                "?cron=0 25 * * *&timeZone=UTC    | cron     | The hours cannot be",
                "?cron=0 2 * *&timeZone=UTC       | cron     | five fields",
                "?cron=&timeZone=UTC              | cron     | must be there",
                "?cron=0 0 30 2 *&timeZone=UTC    | cron     | no such time",
                "?cron=@daily&timeZone=Mars/North | timeZone | Europe/Berlin",
                "?cron=@daily&timeZone=           | timeZone | must be there"
            })
    void a_preview_of_what_is_wrong_is_refused_with_a_sentence(String query, String param, String part) {
        given().get("/v1/schedules/preview" + query)
                .then()
                .statusCode(400)
                .body("error.code", equalTo("invalid_value"))
                .body("error.message", containsString(part))
                .body("error.message", matchesPattern(".+\\."))
                .body("error.param", equalTo(param));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "name null",
                "name 7",
                "name \"\"",
                "preset \"huge\"",
                "preset null",
                "corpus \"other\"",
                "corpus []",
                "config []",
                "cron 5",
                "cron \"61 * * * *\"",
                "timeZone \"Mars/North\"",
                "timeZone 1",
                "overlap \"skip\"",
                "overlap null",
                "missed \"QUEUE\"",
                "paused true",
                "banana 1",
                "nHead {\"nHead\": 7}",
                "steps {\"steps\": \"many\"}",
                "steps {\"steps\": null}",
                "curriculum {\"curriculum\": null}",
                "curriculum {\"curriculum\": \"none\"}"
            })
    void a_wrong_request_is_refused_with_the_field_at_fault_and_nothing_is_kept(String fieldAndValue) {
        int space = fieldAndValue.indexOf(' ');
        var param = fieldAndValue.substring(0, space);
        var value = fieldAndValue.substring(space + 1);
        var field = value.startsWith("{") ? "config" : param;
        var body = new StringBuilder("{");
        body(Map.of()).forEach((name, usual) -> {
            if (!name.equals(field)) {
                body.append('"').append(name).append("\": \"").append(usual).append("\", ");
            }
        });
        body.append('"').append(field).append("\": ").append(value).append('}');
        ask("POST", "/v1/schedules", body.toString())
                .statusCode(400)
                .body("error.code", equalTo("invalid_value"))
                .body("error.message", matchesPattern(".+\\."))
                .body("error.param", equalTo(param));
        assertEquals(List.of(), schedules.list());
    }

    @Test
    void what_is_absent_is_named() {
        for (var field : List.of("name", "preset", "corpus", "cron", "timeZone")) {
            var body = body(Map.of());
            body.remove(field);
            ask("POST", "/v1/schedules", body).statusCode(400).body("error.param", equalTo(field));
        }
    }

    @Test
    void a_schedule_that_is_not_there_is_not_found() {
        var one = "/v1/schedules/schedule-0";
        for (var answer : List.of(
                given().get(one),
                given().delete(one),
                given().post(one + "/pause"),
                given().post(one + "/resume"),
                given().post(one + "/fire"),
                given().contentType("application/json").body(body(Map.of())).put(one))) {
            answer.then()
                    .statusCode(404)
                    .body("error.code", equalTo("schedule_not_found"))
                    .body("error.message", equalTo("There is no schedule \"schedule-0\"."));
        }
    }

    private static Map<String, Object> body(Map<String, Object> other) {
        var body = new TreeMap<String, Object>(Map.of(
                "name", "<i>nightly</i>",
                "preset", "demo",
                "corpus", "own",
                "cron", "0 2 * * *",
                "timeZone", "Europe/Berlin"));
        body.putAll(other);
        return body;
    }

    private static ValidatableResponse ask(String method, String path, Object body) {
        return given().contentType("application/json")
                .body(body)
                .request(method, path)
                .then();
    }
}
