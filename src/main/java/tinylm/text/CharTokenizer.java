package tinylm.text;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/// Characters to token ids and back: one token per Unicode code point, nothing merged and nothing normalized.
///
/// Immutable, and safe to share between threads.
public final class CharTokenizer {

    private final int[] codePoints;
    private final String[] texts;
    private final Map<Integer, Integer> ids;

    /// @param codePoints the vocabulary; a code point's index is its token id; distinct, without surrogates
    public CharTokenizer(int[] codePoints) {
        if (codePoints.length == 0) {
            throw new IllegalArgumentException("A tokenizer needs at least one character");
        }
        this.codePoints = codePoints.clone();
        this.texts = new String[codePoints.length];
        this.ids = HashMap.newHashMap(codePoints.length);
        for (int id = 0; id < codePoints.length; id++) {
            int codePoint = codePoints[id];
            if (!isCharacter(codePoint)) {
                throw new IllegalArgumentException("Token id " + id + " is not a Unicode character but 0x"
                        + Integer.toHexString(codePoint) + "; allowed are U+0000 to U+10FFFF without surrogates");
            }
            Integer earlier = ids.putIfAbsent(codePoint, id);
            if (earlier != null) {
                throw new IllegalArgumentException("Token ids " + earlier + " and " + id + " are both "
                        + UnknownCharacterException.printable(codePoint) + "; each character has one id");
            }
            texts[id] = Character.toString(codePoint);
        }
    }

    /// The tokenizer of a corpus: its distinct code points, ascending.
    ///
    /// @throws IllegalArgumentException when the text is empty or has a lone surrogate
    public static CharTokenizer of(String corpusText) {
        return new CharTokenizer(corpusText.codePoints().distinct().sorted().toArray());
    }

    public int vocabSize() {
        return codePoints.length;
    }

    /// The vocabulary in order of token id, as a copy.
    public int[] codePoints() {
        return codePoints.clone();
    }

    /// @throws UnknownCharacterException naming every character that the vocabulary lacks
    public int[] encode(String text) {
        int[] encoded = text.codePoints()
                .map(codePoint -> ids.getOrDefault(codePoint, -1))
                .toArray();
        for (int id : encoded) {
            if (id < 0) {
                throw UnknownCharacterException.in(text, ids.keySet());
            }
        }
        return encoded;
    }

    /// @throws IllegalArgumentException when an id is not in [0, vocabSize)
    public String decode(int... tokenIds) {
        var text = new StringBuilder(tokenIds.length);
        for (int id : tokenIds) {
            text.append(decode(id));
        }
        return text.toString();
    }

    /// @throws IllegalArgumentException when the id is not in [0, vocabSize)
    public String decode(int tokenId) {
        if (tokenId < 0 || tokenId >= texts.length) {
            throw new IllegalArgumentException(
                    "Token id " + tokenId + " does not exist; allowed are 0 to " + (texts.length - 1));
        }
        return texts[tokenId];
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CharTokenizer that && Arrays.equals(codePoints, that.codePoints);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(codePoints);
    }

    private static boolean isCharacter(int codePoint) {
        return Character.isValidCodePoint(codePoint)
                && !(codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE);
    }
}
