using Grid.Abstractions;

namespace Grid.Sql.Lake;

/// <summary>Lake files in a directory of this machine, or one that is mounted there under the same path: they are read where they lie.</summary>
public sealed class LocalLakeFiles : ILakeFileSource
{
    private LocalLakeFiles()
    {
    }

    /// <summary>The only one.</summary>
    public static LocalLakeFiles Instance { get; } = new();

    /// <inheritdoc/>
    public ValueTask<LakeFileLease?> OpenAsync(LakeDataFile file, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(file);
        // Another machine may have a file of that path: a name that is used once, and the size, tell that it is ours.
        var isOurs = Uri.TryCreate(file.Location, UriKind.Absolute, out var uri) && uri.IsFile && new FileInfo(uri.LocalPath) is { Exists: true } found && found.Length == file.Bytes;
        return ValueTask.FromResult(isOurs ? new LakeFileLease(uri!.LocalPath) : null);
    }
}
