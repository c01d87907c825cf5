using Grid.Abstractions;
using Grid.Storage.Buckets;

namespace Grid.Storage.Kv;

/// <summary>The rows of one write, decoded: keys found in the group's <see cref="PendingRows"/>, rows encoded in the newest layout, change kinds.</summary>
internal sealed class IncomingRows
{
    private RowRef[] _rows = [];
    private int[] _keys = [];
    private byte[] _kinds = [];
    private bool _hasKinds;

    public PendingWrite Write { get; private set; } = null!;

    public WriteFormat Format { get; private set; } = null!;

    public int Count { get; private set; }

    /// <summary>The rows; those of deletes have no meaning but for the key.</summary>
    public ReadOnlySpan<RowRef> Rows => _rows.AsSpan(0, Count);

    /// <summary>Where each row's key stands in the group's map.</summary>
    public ReadOnlySpan<int> Keys => _keys.AsSpan(0, Count);

    public bool IsDelete(int index) => _hasKinds && _kinds[index] == (byte)ChangeKind.Delete;

    /// <summary>Whether any row deletes.</summary>
    public bool HasDeletes => _hasKinds && _kinds.AsSpan(0, Count).Contains((byte)ChangeKind.Delete);

    /// <summary>Decodes a write.</summary>
    /// <exception cref="GridException">What the frame or the request gets wrong.</exception>
    public void Read(PendingWrite write, WriteFormat format, RowLayout newest, PendingRows pending, RowEncoder encoder, NativeArena arena)
    {
        Write = write;
        Format = format;
        using var batch = format.Decode(write.Frames[0], out var kinds);
        Count = batch.Length;
        _hasKinds = !kinds.IsEmpty;
        if (_rows.Length < Count)
        {
            _rows = new RowRef[Count];
            _keys = new int[Count];
            _kinds = new byte[Count];
        }

        kinds.Span.CopyTo(_kinds);

        using (var keys = format.EncodeKeys(batch))
        {
            for (var i = 0; i < Count; i++)
                _keys[i] = pending.FindOrAdd(keys[i], arena);
        }

        format.EncodeRows(newest, batch, encoder, arena, _rows);
        var deletes = HasDeletes;
        if (deletes && !format.DeletesRows)
            format.RequireNullable(newest);
        if (WriteFormat.MayHaveNulls(batch))
            for (var i = 0; i < Count; i++)
                if (!deletes || !IsDelete(i))
                    format.RequireNotNull(newest, _rows[i], i);
    }

    /// <summary>Lets the memory of large writes go.</summary>
    public void Clear()
    {
        Write = null!;
        Format = null!;
        Count = 0;
        if (_rows.Length > 16 * 1024)
        {
            _rows = [];
            _keys = [];
            _kinds = [];
        }
    }
}
