namespace Grid.Sql.Lake;

/// <summary>A lake file on this machine; it stays until this is disposed.</summary>
/// <param name="path">Its full path.</param>
/// <param name="release">Called once at the end; null: nothing is to be done.</param>
public sealed class LakeFileLease(string path, Action? release = null) : IDisposable
{
    private Action? _release = release;

    /// <summary>Its full path.</summary>
    public string Path { get; } = path;

    /// <summary>Gives the file back.</summary>
    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();
}
