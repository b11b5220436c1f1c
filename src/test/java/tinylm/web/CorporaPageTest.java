package tinylm.web;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.microsoft.playwright.Dialog;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.options.FilePayload;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tinylm.runs.Corpora;
import tinylm.runs.CorpusInfo.Source;
import tinylm.runs.FakeLauncher;
import tinylm.runs.Runs;
import tinylm.training.OwnText;

/// The corpora on the page of the runs, in a real browser over the real API.
@QuarkusTest
class CorporaPageTest extends RunsInBrowser {

    private static final String TEXT = OwnText.text(5_000);

    @TestHTTPResource("/runs#new")
    URI address;

    @Inject
    FakeLauncher launcher;

    @Inject
    Runs runs;

    @Inject
    Corpora corpora;

    @BeforeEach
    void open() {
        page.onDialog(Dialog::accept);
        page.navigate(address.toString());
        assertThat(page.locator("#corpus option:checked")).containsText("own, 20,000 characters");
    }

    /// A browser tells every refusal.
    @Override
    boolean isExpected(String error) {
        return error.startsWith("Failed to load resource");
    }

    @AfterEach
    void close() throws IOException {
        context.close();
        RunEnding.endAll(runs, launcher);
        for (var corpus : corpora.list()) {
            if (corpus.source() == Source.UPLOADED) {
                corpora.delete(corpus.id());
            }
        }
    }

    @Test
    void a_text_of_ones_own_is_brought_looked_at_learnt_and_deleted_when_no_run_needs_it() {
        bring("My <i>words</i>.txt", ("<b>" + TEXT).getBytes(UTF_8));
        assertThat(news()).hasText("My -i-words-i is uploaded.");
        assertThat(page.locator("#corpus option:checked")).containsText("My -i-words-i, 5,003 characters");
        assertThat(page.locator(".corpus-part").first()).containsText("The first 4,502 characters are learnt");
        assertThat(page.locator(".corpus-preview").first()).containsText("<b>" + TEXT.substring(0, 20));
        assertThat(page.locator(".corpus-preview").last()).containsText(TEXT.substring(4_499, 4_520));
        assertThat(page.locator(".corpus-letters")).containsText("\u21b5 \u2423");
        assertTrue((Boolean) page.evaluate("document.documentElement.scrollWidth <= innerWidth"));
        button("Start the run").click();
        assertThat(page.locator(".sheet-title")).hasText("demo");
        page.navigate(address.toString());
        page.locator("#corpus").selectOption(corpora.list().getLast().id());
        button("Delete My -i-words-i").click();
        assertThat(news())
                .hasText("The corpus My -i-words-i cannot be deleted: the run demo uses it and has not ended.");
        RunEnding.endAll(runs, launcher);
        button("Delete My -i-words-i").click();
        assertThat(news()).hasText("My -i-words-i is deleted.");
        assertThat(page.locator("#corpus option:checked")).containsText("own, 20,000 characters");
    }

    @Test
    void a_text_is_dropped_onto_the_form() {
        var data = page.evaluateHandle(
                "text => { const data = new DataTransfer(); data.items.add(new File([text], 'dropped.md')); return data; }",
                TEXT);
        page.locator(".corpus-drop").dispatchEvent("dragover", Map.of("dataTransfer", data));
        assertThat(page.locator(".corpus-drop")).hasAttribute("data-over", "");
        page.locator(".corpus-drop").dispatchEvent("drop", Map.of("dataTransfer", data));
        assertThat(news()).hasText("dropped is uploaded.");
        bring("again.txt", TEXT.getBytes(UTF_8));
        assertThat(news()).hasText("That text is there already, as dropped.");
    }

    @Test
    void what_is_no_text_is_told_with_its_place_and_what_is_too_large_is_not_sent() {
        bring("latin.txt", ("caf\u00e9\n" + TEXT).getBytes(ISO_8859_1));
        assertThat(news())
                .hasText("The corpus latin is not UTF-8: the byte 0xE9 at line 1, column 4. Save it as UTF-8 and try"
                        + " again.");
        List<String> asked = new ArrayList<>();
        page.onRequest(request -> asked.add(request.method()));
        bring("large.txt", new byte[(2 << 20) + 1]);
        assertThat(news()).hasText("large.txt has 2097153 bytes; a corpus may have at most 2097152.");
        assertTrue(asked.stream().noneMatch("POST"::equals), asked.toString());
    }

    @Test
    void a_corpus_that_is_not_there_is_downloaded_and_a_failure_is_told() {
        page.locator("#corpus").selectOption("distant");
        button("Download distant").click();
        assertThat(page.locator(".corpus-problem")).containsText("The corpus distant was not downloaded");
        var asked = new AtomicBoolean();
        page.onRequest(request -> asked.compareAndSet(false, request.method().equals("POST")));
        page.route("**/v1/corpora", route -> {
            var answer = route.fetch();
            if (!asked.get()) { // the page looks at the corpora once more after the failure
                route.fulfill(new com.microsoft.playwright.Route.FulfillOptions().setResponse(answer));
                return;
            }
            route.fulfill(new com.microsoft.playwright.Route.FulfillOptions()
                    .setResponse(answer)
                    .setBody(answer.text()
                            .replaceFirst(
                                    "(\"id\":\"distant\".*?)\"state\":\"ABSENT\"",
                                    "$1\"state\":\"DOWNLOADING\",\"receivedBytes\":3000")));
        });
        button("Download distant").click();
        assertThat(page.locator(".corpus-moving")).hasText("Downloading distant: 3 kB of 9 kB");
        page.unroute("**/v1/corpora");
        assertThat(page.locator(".corpus-moving")).hasCount(0); // it is looked at again
    }

    private void bring(String name, byte[] text) {
        page.locator(".corpus-file").setInputFiles(new FilePayload(name, "text/plain", text));
    }

    private Locator news() {
        return page.locator(".corpus-news");
    }
}
