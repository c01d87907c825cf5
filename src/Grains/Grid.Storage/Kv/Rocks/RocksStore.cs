using System.Runtime.InteropServices;
using Grid.Abstractions;
using RocksDbSharp;

namespace Grid.Storage.Kv;

/// <summary>A key or a value in memory that RocksDB or an arena owns; laid out as the C API's <c>rocksdb_slice_t</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct RocksSlice
{
    public byte* Pointer;
    public nuint Length;

    public RocksSlice(byte* pointer, int length)
    {
        Pointer = pointer;
        Length = (nuint)length;
    }

    public readonly ReadOnlySpan<byte> Span => new(Pointer, (int)Length);
}

/// <summary>
/// An open RocksDB folder without a write-ahead log. Thread safe. A safe handle: reads hold a reference, so that closing waits for the last
/// of them; a read after that is refused with <see cref="GridErrorCode.Closing"/>.
/// </summary>
internal sealed unsafe class RocksStore : SafeHandle
{
    private const int BlockCacheTier = 1;
    private const int PersistedTier = 2;
    private static readonly Native Rocks = Native.Instance;
    private readonly nint _family;
    private readonly nint _write;
    private readonly nint _read;
    private readonly nint _cached;
    private readonly nint _persisted;
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private RocksStore(nint database)
        : base(0, ownsHandle: true)
    {
        SetHandle(database);
        _family = Rocks.rocksdb_get_default_column_family_handle(database);
        _write = Rocks.rocksdb_writeoptions_create();
        Rocks.rocksdb_writeoptions_disable_WAL(_write, 1);
        _read = Rocks.rocksdb_readoptions_create();
        _cached = Rocks.rocksdb_readoptions_create();
        Rocks.rocksdb_readoptions_set_read_tier(_cached, BlockCacheTier);
        _persisted = Rocks.rocksdb_readoptions_create();
        Rocks.rocksdb_readoptions_set_read_tier(_persisted, PersistedTier);
    }

    /// <summary>Ends when the folder is closed and may be opened again: after <see cref="SafeHandle.Dispose()"/> and the end of the last read.</summary>
    public Task Closed => _closed.Task;

    public override bool IsInvalid => handle == 0;

    /// <summary>Bytes of the files and of the memtables.</summary>
    public long Bytes => (long)(Property("rocksdb.total-sst-files-size") + Property("rocksdb.cur-size-all-mem-tables"));

    /// <summary>RocksDB's estimate.</summary>
    public long KeysEstimate => (long)Property("rocksdb.estimate-num-keys");

    public static RocksStore Open(string path, RocksResources resources)
    {
        Directory.CreateDirectory(path);
        var options = resources.CreateOptions();
        var name = Marshal.StringToCoTaskMemUTF8(path);
        try
        {
            nint error = 0;
            var database = Rocks.rocksdb_open(options, name, out error);
            RocksError.Check(error, $"opening {path}");
            return new RocksStore(database);
        }
        finally
        {
            Marshal.FreeCoTaskMem(name);
            Rocks.rocksdb_options_destroy(options);
        }
    }

    /// <summary>Opens a folder that nobody writes, to read it.</summary>
    public static RocksStore OpenReadOnly(string path, RocksResources resources)
    {
        var options = resources.CreateOptions();
        var name = Marshal.StringToCoTaskMemUTF8(path);
        try
        {
            nint error = 0;
            var database = Rocks.rocksdb_open_for_read_only(options, name, 0, out error);
            RocksError.Check(error, $"opening {path}");
            return new RocksStore(database);
        }
        finally
        {
            Marshal.FreeCoTaskMem(name);
            Rocks.rocksdb_options_destroy(options);
        }
    }

    /// <summary>Starts a read: the store stays open until the answer is disposed.</summary>
    public Use Enter()
    {
        var entered = false;
        try
        {
            DangerousAddRef(ref entered);
        }
        catch (ObjectDisposedException exception)
        {
            throw new GridException(GridErrorCode.Closing, "The bucket's shard is closing; ask again.", exception);
        }

        return new Use(this);
    }

    /// <summary>Looks keys up; the answer pins the values until it is disposed.</summary>
    /// <param name="keys">The keys; they must stay in place during the call.</param>
    /// <param name="count">How many.</param>
    /// <param name="cachedOnly">Reads no file: what is neither in a memtable nor in the block cache is <see cref="RocksOutcome.NotCached"/>.</param>
    public RocksValues MultiGet(RocksSlice* keys, int count, bool cachedOnly = false)
    {
        using var use = Enter();
        return new RocksValues(this, Rocks.rocksdb_batched_multi_get_pinned_cf(handle, cachedOnly ? _cached : _read, _family, (nuint)count, (nint)keys, 0));
    }

    /// <summary>The value of one key without reading a file. Far less code than a batched read, which at low load is cold each time.</summary>
    public RocksValue GetCached(ReadOnlySpan<byte> key) => GetPinned(key, _cached);

    /// <summary>One value, copied; null where there is none.</summary>
    /// <param name="key">The key.</param>
    /// <param name="flushed">Whether to look only at what is in files.</param>
    public byte[]? Get(ReadOnlySpan<byte> key, bool flushed = false) => Get(key, flushed ? _persisted : _read);

    internal byte[]? Get(ReadOnlySpan<byte> key, nint options)
    {
        using var value = GetPinned(key, options);
        return value.Outcome switch
        {
            RocksOutcome.NotCached => throw new InvalidOperationException("A read that may use files was answered as if it could not."),
            RocksOutcome.Found when value.Value.Pointer != null => value.Value.Span.ToArray(),
            _ => null,
        };
    }

    private RocksValue GetPinned(ReadOnlySpan<byte> key, nint options)
    {
        using var use = Enter();
        fixed (byte* pointer = key)
        {
            nint error = 0;
            var value = Rocks.rocksdb_get_pinned(handle, options, (nint)pointer, (nuint)key.Length, out error);
            return new RocksValue(this, value, RocksError.IsSuccess(error, "reading a key"));
        }
    }

    public void Write(RocksBatch batch)
    {
        using var use = Enter();
        nint error = 0;
        Rocks.rocksdb_write(handle, _write, batch.Handle, out error);
        RocksError.Check(error, "applying rows");
    }

    /// <summary>Writes the memtables to files and waits for it.</summary>
    public void Flush()
    {
        using var use = Enter();
        var options = Rocks.rocksdb_flushoptions_create();
        Rocks.rocksdb_flushoptions_set_wait(options, 1);
        nint error = 0;
        Rocks.rocksdb_flush(handle, options, out error);
        Rocks.rocksdb_flushoptions_destroy(options);
        RocksError.Check(error, "flushing");
    }

    /// <summary>Makes a folder with the store as it is now: hard links to its files, memtables flushed. On the same disk, and not there yet. Blocking.</summary>
    public void CreateCheckpoint(string path)
    {
        using var use = Enter();
        nint error = 0;
        var checkpoint = Rocks.rocksdb_checkpoint_object_create(handle, out error);
        RocksError.Check(error, "beginning a checkpoint");
        try
        {
            // 0: memtables are always flushed; there is no write-ahead log that could stand for them.
            Rocks.rocksdb_checkpoint_create(checkpoint, path, 0, out error);
            RocksError.Check(error, $"making a checkpoint in {path}");
        }
        finally
        {
            Rocks.rocksdb_checkpoint_object_destroy(checkpoint);
        }
    }

    /// <summary>A view of this moment; it keeps the store open until it is disposed.</summary>
    public RocksSnapshot Snapshot() => new(this, Enter());

    internal nint Database => handle;

    protected override bool ReleaseHandle()
    {
        Rocks.rocksdb_readoptions_destroy(_read);
        Rocks.rocksdb_readoptions_destroy(_cached);
        Rocks.rocksdb_readoptions_destroy(_persisted);
        Rocks.rocksdb_writeoptions_destroy(_write);
        Rocks.rocksdb_column_family_handle_destroy(_family);
        Rocks.rocksdb_close(handle);
        _closed.TrySetResult();
        return true;
    }

    private ulong Property(string name)
    {
        using var use = Enter();
        ulong value = 0;
        return Rocks.rocksdb_property_int(handle, name, (nint)(&value)) == 0 ? value : 0;
    }

    /// <summary>A reference to the open store.</summary>
    internal readonly struct Use(RocksStore store) : IDisposable
    {
        public void Dispose() => store.DangerousRelease();
    }
}
