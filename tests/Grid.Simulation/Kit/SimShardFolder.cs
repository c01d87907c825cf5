namespace Grid.Simulation.Kit;

/// <summary>
/// A shard's folder: RocksDB is real and writes real files, in memory where the system has such a directory. A crash is the files as they are at that moment under another name, since closing would
/// flush what a crash loses.
/// </summary>
internal sealed class SimShardFolder : IDisposable
{
    private readonly string _root;
    private int _copies;

    public SimShardFolder(string name)
    {
        var parent = Directory.Exists("/dev/shm") ? "/dev/shm" : System.IO.Path.GetTempPath();
        _root = System.IO.Path.Combine(parent, $"grid-sim-{Environment.ProcessId}-{Guid.NewGuid():n}", name);
        Path = Next();
    }

    /// <summary>The folder of the node's present incarnation.</summary>
    public string Path { get; private set; }

    /// <summary>The process ends, or the machine: what RocksDB has in files stays. Call it before the shard is closed.</summary>
    public void Kill()
    {
        var copy = Next();
        Directory.CreateDirectory(copy);

        // The manifest before the tables: it then speaks of files that are there.
        if (Directory.Exists(Path))
            foreach (var file in Directory.GetFiles(Path).OrderBy(file => file.EndsWith(".sst", StringComparison.Ordinal)))
                if (System.IO.Path.GetFileName(file) is var name and not "LOCK" && !name.StartsWith("LOG", StringComparison.Ordinal))
                    File.Copy(file, System.IO.Path.Combine(copy, name));
        Path = copy;
    }

    /// <summary>The disk is replaced by an empty one.</summary>
    public void Lose() => Path = Next();

    public void Dispose()
    {
        if (System.IO.Path.GetDirectoryName(_root) is { } parent && Directory.Exists(parent))
            Directory.Delete(parent, recursive: true);
    }

    private string Next() => System.IO.Path.Combine(_root, $"kv{++_copies}");
}
