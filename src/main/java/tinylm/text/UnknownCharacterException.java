package tinylm.text;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/// A text has characters that the vocabulary lacks; the message names each with its code point and first place.
public final class UnknownCharacterException extends RuntimeException {

    private static final int MOST_NAMED = 20;
    private static final int MOST_KNOWN_NAMED = 120;

    /// One unknown character.
    ///
    /// @param codePoint the character; a lone surrogate is itself
    /// @param index place of its first occurrence, counted in code points from 0
    public record Unknown(int codePoint, int index) {}

    private final transient List<Unknown> unknown;

    private UnknownCharacterException(List<Unknown> unknown, Set<Integer> known) {
        super(sentence(unknown, known));
        this.unknown = unknown;
    }

    static UnknownCharacterException in(String text, Set<Integer> known) {
        int[] codePoints = text.codePoints().toArray();
        Map<Integer, Unknown> unknown = new LinkedHashMap<>();
        for (int i = 0; i < codePoints.length; i++) {
            if (!known.contains(codePoints[i])) {
                unknown.putIfAbsent(codePoints[i], new Unknown(codePoints[i], i));
            }
        }
        return new UnknownCharacterException(List.copyOf(unknown.values()), known);
    }

    /// Every unknown character once, in order of first occurrence.
    public List<Unknown> unknown() {
        return unknown;
    }

    /// The character in quotes where it can be seen, and its code point, as in `'é' (U+00E9)`.
    static String printable(int codePoint) {
        String number = String.format("U+%04X", codePoint);
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.NON_SPACING_MARK,
                    Character.ENCLOSING_MARK,
                    Character.COMBINING_SPACING_MARK -> number;
            default -> "'" + Character.toString(codePoint) + "' (" + number + ")";
        };
    }

    private static String sentence(List<Unknown> unknown, Set<Integer> known) {
        String named = unknown.stream()
                .limit(MOST_NAMED)
                .map(one -> printable(one.codePoint()) + " first at position " + one.index())
                .collect(Collectors.joining(", "));
        int more = unknown.size() - MOST_NAMED;
        return "The model does not know "
                + (unknown.size() == 1 ? "this character: " : "these " + unknown.size() + " characters: ")
                + named
                + (more > 0 ? " and " + more + " more" : "")
                + ". It knows " + vocabulary(known) + ".";
    }

    private static String vocabulary(Set<Integer> known) {
        if (known.size() > MOST_KNOWN_NAMED) {
            return known.size() + " others";
        }
        var seen = new StringBuilder();
        int unseen = 0;
        for (int codePoint : known.stream().sorted().toList()) {
            if (codePoint > ' ' && printable(codePoint).startsWith("'")) {
                seen.appendCodePoint(codePoint);
            } else {
                unseen++;
            }
        }
        return seen.isEmpty()
                ? known.size() + " others"
                : seen + (unseen == 0 ? "" : " and " + unseen + " that cannot be seen, such as spaces");
    }
}
