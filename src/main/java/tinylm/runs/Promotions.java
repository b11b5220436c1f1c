package tinylm.runs;

import java.time.Clock;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;

/// Which models were let answer, in the database that all servers share. Servers that are configured with another
/// model than these have promotions of their own. Any thread.
public final class Promotions {

    /// @param model its name among those that can be promoted
    /// @param sha256 of its weights
    public record Promotion(String model, String sha256) {}

    private final Jdbi jdbi;
    private final Clock clock;
    private final Promotion configured;

    /// @param configured what a server answers with before any promotion
    public Promotions(DataSource database, Clock clock, Promotion configured) {
        this.jdbi = Jdbi.create(database);
        this.clock = clock;
        this.configured = configured;
    }

    public void add(Promotion promotion) {
        jdbi.useHandle(handle -> handle.createUpdate("insert into promotion (configured_sha256, model, sha256, at)"
                        + " values (:configured, :model, :sha256, :at)")
                .bind("configured", configured.sha256())
                .bind("model", promotion.model())
                .bind("sha256", promotion.sha256())
                .bind("at", Times.column(clock.instant()))
                .execute());
    }

    /// What answers.
    public Promotion current() {
        return newest(1).getFirst();
    }

    /// What answered before that; empty when nothing was promoted.
    public Optional<Promotion> previous() {
        var two = newest(2);
        return two.size() < 2 ? Optional.empty() : Optional.of(two.get(1));
    }

    /// The newest first, and the configured one before all others.
    private List<Promotion> newest(int most) {
        var promotions = jdbi.withHandle(
                handle -> handle.createQuery("select model, sha256 from promotion where configured_sha256 = :configured"
                                + " order by number desc limit :most")
                        .bind("configured", configured.sha256())
                        .bind("most", most)
                        .map((row, _) -> new Promotion(row.getString("model"), row.getString("sha256")))
                        .list());
        if (promotions.size() < most) {
            promotions.add(configured);
        }
        return promotions;
    }
}
