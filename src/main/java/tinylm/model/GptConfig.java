package tinylm.model;

/// The shape of a model. Names and meanings are those of GPT-2 (Radford et al. 2019).
///
/// @param vocabSize number of token ids
/// @param contextLength most positions that attention may look back over
/// @param nLayer number of transformer blocks
/// @param nHead attention heads per block; must divide `nEmbd`
/// @param nEmbd width of the residual stream
/// @param dropout probability in [0, 1) of dropping an activation while training
public record GptConfig(int vocabSize, int contextLength, int nLayer, int nHead, int nEmbd, double dropout) {

    /// 2,731,200 parameters over the 65 characters of tinyshakespeare.
    public static final GptConfig DEFAULT = new GptConfig(65, 256, 6, 6, 192, 0.1);

    /// 818,048 parameters.
    public static final GptConfig SMALL = new GptConfig(65, 128, 4, 4, 128, 0.1);

    public GptConfig {
        within("vocabSize", vocabSize, 1, 1_000_000);
        within("contextLength", contextLength, 2, 65_536);
        within("nLayer", nLayer, 1, 256);
        within("nHead", nHead, 1, 256);
        within("nEmbd", nEmbd, 1, 16_384);
        if (nEmbd % nHead != 0) {
            throw new IllegalArgumentException("nHead must divide nEmbd, but " + nEmbd + " % " + nHead + " is not 0");
        }
        if (!(dropout >= 0 && dropout < 1)) {
            throw new IllegalArgumentException("dropout must be at least 0 and below 1, but is " + dropout);
        }
    }

    public int headDim() {
        return nEmbd / nHead;
    }

    /// Number of trained values. The output head is the token embedding, so it counts once.
    public long parameterCount() {
        long e = nEmbd;
        long block = 12 * e * e + 13 * e;
        return vocabSize * e + contextLength * e + nLayer * block + 2 * e;
    }

    public GptConfig withVocabSize(int newVocabSize) {
        return new GptConfig(newVocabSize, contextLength, nLayer, nHead, nEmbd, dropout);
    }

    public GptConfig withDropout(double newDropout) {
        return new GptConfig(vocabSize, contextLength, nLayer, nHead, nEmbd, newDropout);
    }

    private static void within(String name, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(name + " must lie in " + least + ".." + most + ", but is " + value);
        }
    }
}
