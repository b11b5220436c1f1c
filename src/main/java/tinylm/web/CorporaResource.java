package tinylm.web;

import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import tinylm.runs.Corpora;

/// `/v1/corpora`: texts that runs can learn.
@Path("/v1/corpora")
public class CorporaResource {

    private final Corpora corpora;

    CorporaResource(Corpora corpora) {
        this.corpora = corpora;
    }

    record CorpusBody(String id, String name, String about, long characters, String sha256) {}

    record Page(List<CorpusBody> data) {}

    @GET
    @Operation(summary = "Texts that runs can learn; one that is not on the disk is downloaded when a run asks for it")
    public Page list() {
        return new Page(corpora.entries().stream()
                .map(one -> new CorpusBody(one.name(), one.name(), one.about(), one.characters(), one.sha256()))
                .toList());
    }
}
