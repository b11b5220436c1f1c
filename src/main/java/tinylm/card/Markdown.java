package tinylm.card;

import java.util.regex.Pattern;

/// Text of any origin in Markdown, where it stays text.
final class Markdown {

    /// What could begin a mark of CommonMark or of GitHub's additions, or a tag or an entity of HTML.
    private static final Pattern MARKS = Pattern.compile("[\\\\`*_{}\\[\\]<>&#|~$!@]");

    private static final Pattern TICKS = Pattern.compile("`+");

    private Markdown() {}

    /// In a line or in a table's cell.
    static String plain(String text) {
        return MARKS.matcher(text.replaceAll("\\s+", " ").strip()).replaceAll("\\\\$0");
    }

    /// A block whose fence is longer than any within.
    ///
    /// @param language as `sh`
    static String fenced(String language, String text) {
        int longest = TICKS.matcher(text)
                .results()
                .mapToInt(ticks -> ticks.end() - ticks.start())
                .max()
                .orElse(0);
        var fence = "`".repeat(Math.max(3, longest + 1));
        return fence + language + "\n" + text + (text.endsWith("\n") ? "" : "\n") + fence + "\n";
    }
}
