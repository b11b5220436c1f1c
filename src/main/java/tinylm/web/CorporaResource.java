package tinylm.web;

import io.smallrye.common.annotation.Blocking;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import tinylm.runs.Corpora;
import tinylm.runs.CorpusInfo;
import tinylm.runs.CorpusInfo.Presence;

/// `/v1/corpora`: texts that runs can learn.
@Blocking
@Path("/v1/corpora")
@Produces(MediaType.APPLICATION_JSON)
public class CorporaResource {

    private static final int PREVIEW_CHARACTERS = 160;

    private final Corpora corpora;
    private final long mostBytes;

    CorporaResource(Corpora corpora, TrainingSettings settings) {
        this.corpora = corpora;
        this.mostBytes = settings.corpusSize().asLongValue();
    }

    @GET
    @Operation(summary = "Texts that runs can learn: the catalog's, then what was uploaded, the newest first")
    public CorpusBody.Page list() {
        return new CorpusBody.Page(
                corpora.list().stream()
                        .map(corpus -> CorpusBody.of(corpus, Optional.empty()))
                        .toList(),
                mostBytes);
    }

    @GET
    @Path("{id}")
    @Operation(summary = "One text, and how both parts of it begin")
    @APIResponse(responseCode = "200", content = @Content(schema = @Schema(implementation = CorpusBody.class)))
    public CorpusBody get(@PathParam("id") String id) {
        return withPreview(corpora.get(id));
    }

    @POST
    @Consumes(MediaType.WILDCARD)
    @Operation(
            summary = "Uploads a text",
            description = "The body is the text, UTF-8 without control characters other than tabs, line ends and page"
                    + " breaks: at least 1,000 characters, at most tinylm.training.corpus-size (32 MiB). The name of a"
                    + " text that is there makes this its newest version, which runs learn that ask for the name.")
    @RequestBody(
            content = {
                @Content(mediaType = MediaType.TEXT_PLAIN, schema = @Schema(type = SchemaType.STRING)),
                @Content(mediaType = MediaType.APPLICATION_OCTET_STREAM)
            })
    @APIResponse(
            responseCode = "201",
            description = "It is kept",
            content = @Content(schema = @Schema(implementation = CorpusBody.class)))
    @APIResponse(responseCode = "200", description = "The same bytes were there already, maybe under another name")
    @APIResponse(responseCode = "409", description = "So many are kept that none may be added")
    @APIResponse(responseCode = "413", description = "It is too large")
    @APIResponse(responseCode = "415", description = "The body's type is neither text/plain nor octet-stream")
    @APIResponse(responseCode = "422", description = "It is no text; the sentence says line and column")
    public Response upload(
            @Parameter(description = "1 to 64 letters, digits, spaces and . _ -") @QueryParam("name") String name,
            @HeaderParam(HttpHeaders.CONTENT_TYPE) MediaType type,
            InputStream body)
            throws IOException, RequestRefused {
        if (!isText(type)) {
            throw new ProblemException(new Problem(
                    415,
                    "unsupported_type",
                    "A corpus is sent with Content-Type text/plain, in UTF-8, or application/octet-stream."));
        }
        if (name == null) {
            throw new RequestRefused("name", "A corpus needs a name: POST /v1/corpora?name=NAME.");
        }
        var kept = corpora.upload(name, body, mostBytes);
        return Response.status(kept.isNew() ? Response.Status.CREATED : Response.Status.OK)
                .header(HttpHeaders.LOCATION, "/v1/corpora/" + kept.corpus().id())
                .entity(withPreview(kept.corpus()))
                .build();
    }

    private static boolean isText(MediaType type) {
        return type != null
                && (type.isCompatible(MediaType.TEXT_PLAIN_TYPE)
                                && type.getParameters()
                                        .getOrDefault(MediaType.CHARSET_PARAMETER, "utf-8")
                                        .equalsIgnoreCase("utf-8")
                        || type.isCompatible(MediaType.APPLICATION_OCTET_STREAM_TYPE));
    }

    @DELETE
    @Path("{id}")
    @Operation(summary = "Deletes an uploaded text")
    @APIResponse(responseCode = "204", description = "It is deleted")
    @APIResponse(responseCode = "409", description = "A run that has not ended uses it, or it is the catalog's")
    public void delete(@PathParam("id") String id) throws IOException {
        corpora.delete(id);
    }

    @POST
    @Path("{id}/download")
    @Consumes(MediaType.WILDCARD)
    @Operation(summary = "Starts to download one of the catalog's texts; the list tells how far it is")
    @APIResponse(
            responseCode = "202",
            description = "It is on its way, or there",
            content = @Content(schema = @Schema(implementation = CorpusBody.class)))
    @APIResponse(responseCode = "409", description = "It is not one that can be downloaded")
    public Response download(@PathParam("id") String id) {
        return Response.accepted(CorpusBody.of(corpora.download(id), Optional.empty()))
                .build();
    }

    private CorpusBody withPreview(CorpusInfo corpus) {
        return CorpusBody.of(
                corpus,
                corpus.presence() instanceof Presence.Ready
                        ? Optional.of(new CorpusBody.Preview(
                                corpora.excerpt(corpus, 0, PREVIEW_CHARACTERS),
                                corpora.excerpt(corpus, corpus.trainCharacters(), PREVIEW_CHARACTERS)))
                        : Optional.empty());
    }
}
