package tinylm.cli;

import picocli.CommandLine.IVersionProvider;
import tinylm.training.CodeVersion;

/// What `--version` prints.
final class Version implements IVersionProvider {

    @Override
    public String[] getVersion() {
        return new String[] {"tinylm " + CodeVersion.CURRENT};
    }
}
