using Grid.Storage.Files;

namespace Grid.Testing.Files;

/// <summary>
/// Files in memory that fail on command. What was written is what reads see; what is on disk is only what a flush (of a file) or a sync (of a directory) made durable.
/// Every operation that changes something is a boundary: a test counts them in one run, and lets later runs crash at each of them.
/// </summary>
public sealed class FaultyFileStore : IFileStore
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, FaultyInode> _names;
    private readonly Dictionary<string, FaultyInode> _durableNames;
    private readonly List<NameChange> _changes = [];
    private readonly HashSet<string> _locks = [];
    private readonly Random _random;

    /// <summary>Makes an empty store.</summary>
    /// <param name="seed">What tears and short reads depend on.</param>
    public FaultyFileStore(int seed)
        : this([], new Random(seed))
    {
    }

    private FaultyFileStore(Dictionary<string, FaultyInode> names, Random random)
    {
        _names = names;
        _durableNames = new Dictionary<string, FaultyInode>(names);
        _random = random;
    }

    /// <summary>Operations so far that changed something.</summary>
    public int Boundaries { get; private set; }

    /// <summary>Gathered writes so far.</summary>
    public int Writes { get; private set; }

    /// <summary>Flushes of files so far.</summary>
    public int Flushes { get; private set; }

    /// <summary>The boundary at which the machine stops: a write is torn there, anything else is not done. Everything later fails. -1: never.</summary>
    public int CrashAt { get; set; } = -1;

    /// <summary>Flushes from this one on fail, as many as <see cref="FailedFlushes"/>. -1: none.</summary>
    public int FailFlushFrom { get; set; } = -1;

    /// <summary>How many flushes fail.</summary>
    public int FailedFlushes { get; set; } = 1;

    /// <summary>Bytes that can still be written before the disk is full.</summary>
    public long BytesFree { get; set; } = long.MaxValue;

    /// <summary>Whether reads give fewer bytes than asked for, as they may.</summary>
    public bool ShortReads { get; set; }

    /// <summary>Whether the store crashed.</summary>
    public bool Crashed { get; private set; }

    /// <summary>Files held open at this moment.</summary>
    public int OpenFiles { get; private set; }

    /// <summary>Stops the machine now: every later call fails, whoever makes it.</summary>
    public void Stop()
    {
        lock (_gate)
            Crashed = true;
    }

    /// <summary>What a new process finds: after a kill all that was written; after a power loss what was durable, and any part of the rest, torn anywhere.</summary>
    public FaultyFileStore AfterCrash(bool powerLoss, int seed)
    {
        lock (_gate)
        {
            var random = new Random(seed);
            var names = powerLoss ? NamesAfterPowerLoss(random) : _names;
            var inodes = new Dictionary<FaultyInode, FaultyInode>();
            var left = new Dictionary<string, FaultyInode>();
            foreach (var (name, inode) in names)
            {
                if (!inodes.TryGetValue(inode, out var copy))
                    inodes[inode] = copy = powerLoss ? inode.AfterPowerLoss(random) : inode.Copy();
                left[name] = copy;
            }

            return new FaultyFileStore(left, random);
        }
    }

    /// <summary>Turns one bit of a file, on disk and in memory.</summary>
    public void Flip(string path, long position, int bit)
    {
        lock (_gate)
            _names[path].Flip(position, bit);
    }

    /// <summary>The bytes of a file as a reader sees them.</summary>
    public byte[] Bytes(string path)
    {
        lock (_gate)
            return _names[path].Bytes();
    }

    /// <inheritdoc/>
    public IFile Open(string path)
    {
        lock (_gate)
        {
            RequireRunning();
            return _names.TryGetValue(path, out var inode) ? Handle(path, inode) : throw new FileNotFoundException("There is no such file.", path);
        }
    }

    /// <inheritdoc/>
    public IFile Create(string path)
    {
        lock (_gate)
        {
            Cross();
            if (_names.ContainsKey(path))
                throw new IOException($"{path} exists.");
            var inode = new FaultyInode();
            Change(path, inode);
            return Handle(path, inode);
        }
    }

    /// <inheritdoc/>
    public bool Exists(string path)
    {
        lock (_gate)
            return _names.ContainsKey(path);
    }

    /// <inheritdoc/>
    public void Rename(string from, string to)
    {
        lock (_gate)
        {
            Cross();
            var inode = _names[from];

            // One change: a rename is atomic.
            _changes.Add(new NameChange(to, inode, from));
            _names.Remove(from);
            _names[to] = inode;
        }
    }

    /// <inheritdoc/>
    public void Delete(string path)
    {
        lock (_gate)
        {
            if (!_names.ContainsKey(path))
                return;
            Cross();
            Change(path, null);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> List(string directory)
    {
        lock (_gate)
            return [.. _names.Keys.Where(path => Path.GetDirectoryName(path) == directory).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
    }

    /// <inheritdoc/>
    public void CreateDirectory(string directory) => RequireRunning();

    /// <inheritdoc/>
    public void DeleteDirectory(string directory)
    {
        lock (_gate)
        {
            Cross();
            foreach (var path in _names.Keys.Where(path => path.StartsWith(directory + Path.DirectorySeparatorChar, StringComparison.Ordinal)).ToList())
                Change(path, null);
        }
    }

    /// <inheritdoc/>
    public IDisposable? TryLock(string path)
    {
        lock (_gate)
            return _locks.Add(path) ? new HeldLock(this, path) : null;
    }

    /// <inheritdoc/>
    public void SyncDirectory(string directory)
    {
        lock (_gate)
        {
            Cross();
            foreach (var change in _changes.Where(change => Path.GetDirectoryName(change.Path) == directory).ToList())
            {
                change.Apply(_durableNames);
                _changes.Remove(change);
            }
        }
    }

    internal int Read(FaultyInode inode, Span<byte> buffer, long position)
    {
        lock (_gate)
        {
            RequireRunning();
            if (ShortReads && buffer.Length > 1)
                buffer = buffer[..(1 + _random.Next(buffer.Length - 1))];
            return inode.Read(buffer, position);
        }
    }

    internal long LengthOf(FaultyInode inode)
    {
        lock (_gate)
            return inode.Length;
    }

    internal void Write(FaultyInode inode, byte[] bytes, long position)
    {
        lock (_gate)
        {
            RequireRunning();
            Writes++;
            if (Boundaries++ == CrashAt)
            {
                inode.Write(bytes.AsSpan(0, _random.Next(bytes.Length + 1)), position);
                Crash();
            }

            var room = (int)Math.Min(bytes.Length, BytesFree);
            inode.Write(bytes.AsSpan(0, room), position);
            BytesFree -= room;
            if (room < bytes.Length)
                throw new IOException("No space left on device.");
        }
    }

    internal void Truncate(FaultyInode inode, long length)
    {
        lock (_gate)
        {
            Cross();
            inode.Truncate(length);
        }
    }

    internal void Flush(FaultyInode inode)
    {
        lock (_gate)
        {
            Cross();
            var flush = Flushes++;
            if (FailFlushFrom >= 0 && flush >= FailFlushFrom && flush < FailFlushFrom + FailedFlushes)
            {
                inode.DropUnflushed();
                throw new IOException("Input/output error.");
            }

            inode.Flush();
        }
    }

    internal void Closed()
    {
        lock (_gate)
            OpenFiles--;
    }

    private FaultyFile Handle(string path, FaultyInode inode)
    {
        OpenFiles++;
        return new FaultyFile(this, path, inode);
    }

    private Dictionary<string, FaultyInode> NamesAfterPowerLoss(Random random)
    {
        // A journal keeps the order of name changes; how many of them it has is open.
        var names = new Dictionary<string, FaultyInode>(_durableNames);
        foreach (var change in _changes.Take(random.Next(_changes.Count + 1)))
            change.Apply(names);
        return names;
    }

    private void Change(string path, FaultyInode? inode)
    {
        var change = new NameChange(path, inode, null);
        _changes.Add(change);
        change.Apply(_names);
    }

    private void Cross()
    {
        RequireRunning();
        if (Boundaries++ == CrashAt)
            Crash();
    }

    private void Crash()
    {
        Crashed = true;
        RequireRunning();
    }

    private void RequireRunning()
    {
        if (Crashed)
            throw new IOException("The machine stopped.");
    }

    private sealed record NameChange(string Path, FaultyInode? Inode, string? From)
    {
        public void Apply(Dictionary<string, FaultyInode> names)
        {
            if (From is not null)
                names.Remove(From);
            if (Inode is null)
                names.Remove(Path);
            else
                names[Path] = Inode;
        }
    }

    private sealed class HeldLock(FaultyFileStore store, string path) : IDisposable
    {
        public void Dispose()
        {
            lock (store._gate)
                store._locks.Remove(path);
        }
    }
}
