package tinylm.runs;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import tinylm.text.CorpusSurvey;

/// The uploaded texts in the database, H2 or PostgreSQL. Holds no rule: what may happen is in [Corpora]. Any thread.
final class CorpusStore {

    private final Jdbi jdbi;

    CorpusStore(DataSource database) {
        this.jdbi = Jdbi.create(database);
    }

    /// All or nothing.
    <T> T inTransaction(Function<Handle, T> work) {
        return jdbi.inTransaction(work::apply);
    }

    /// The newest first.
    List<UploadedCorpus> list() {
        return jdbi.withHandle(handle -> handle.createQuery("select * from corpus order by created_at desc, sha256")
                .map((row, _) -> corpus(row))
                .list());
    }

    Optional<UploadedCorpus> find(String sha256) {
        return jdbi.withHandle(handle -> find(handle, sha256, ""));
    }

    /// The text, and nobody deletes it before the transaction's end.
    Optional<UploadedCorpus> lock(Handle handle, String sha256) {
        return find(handle, sha256, " for update");
    }

    private static Optional<UploadedCorpus> find(Handle handle, String sha256, String suffix) {
        return handle.createQuery("select * from corpus where sha256 = :sha256" + suffix)
                .bind("sha256", sha256)
                .map((row, _) -> corpus(row))
                .findOne();
    }

    /// Keeps a text; one that is there already stays as it is.
    void insert(UploadedCorpus corpus) {
        var survey = corpus.survey();
        jdbi.useHandle(handle -> handle.createUpdate(
                        "insert into corpus (sha256, name, characters, bytes, vocab_size, alphabet, created_at) values"
                                + " (:sha256, :name, :characters, :bytes, :vocabSize, :alphabet, :created)"
                                + " on conflict do nothing")
                .bind("sha256", survey.sha256())
                .bind("name", corpus.name())
                .bind("characters", survey.characters())
                .bind("bytes", survey.bytes())
                .bind("vocabSize", survey.vocabSize())
                .bind("alphabet", survey.alphabet())
                .bind("created", Times.column(corpus.createdAt()))
                .execute());
    }

    void delete(Handle handle, String sha256) {
        handle.createUpdate("delete from corpus where sha256 = :sha256")
                .bind("sha256", sha256)
                .execute();
    }

    /// Names of the runs that learn a text and have not ended, the oldest first.
    List<String> runsWith(Handle handle, String sha256) {
        return handle.createQuery("select name from run where corpus_sha256 = :sha256"
                        + " and state not in (<ended>) order by created_at, id")
                .bind("sha256", sha256)
                .bindList("ended", RunState.ended())
                .mapTo(String.class)
                .list();
    }

    private static UploadedCorpus corpus(ResultSet row) throws SQLException {
        return new UploadedCorpus(
                row.getString("name"),
                new CorpusSurvey(
                        row.getString("sha256"),
                        row.getLong("bytes"),
                        row.getLong("characters"),
                        row.getString("alphabet")),
                Times.of(row, "created_at").orElseThrow());
    }
}
