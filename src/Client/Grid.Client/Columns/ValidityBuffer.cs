using Apache.Arrow;
using Grid.Abstractions;

namespace Grid.Client.Columns;

/// <summary>The validity bitmap of a column being built: nothing is stored until the first null.</summary>
internal sealed class ValidityBuffer
{
    private byte[] _bits = [];
    private bool _stored;

    public int Count { get; private set; }

    public int NullCount { get; private set; }

    /// <summary>The bitmap; empty where there are no nulls.</summary>
    public ArrowBuffer Build() => NullCount == 0 ? ArrowBuffer.Empty : new ArrowBuffer(_bits.AsMemory(0, BytesFor(Count)));

    public void AppendValid(int count)
    {
        if (_stored)
        {
            Reserve(Count + count);
            for (var i = 0; i < count; i++)
                Set(Count + i, valid: true);
        }

        Count += count;
    }

    public void AppendNull(int count)
    {
        Store(count);
        for (var i = 0; i < count; i++)
            Set(Count + i, valid: false);
        Count += count;
        NullCount += count;
    }

    public void Append(ReadOnlySpan<bool> present)
    {
        if (!present.Contains(false))
        {
            AppendValid(present.Length);
            return;
        }

        Store(present.Length);
        for (var i = 0; i < present.Length; i++)
            AppendStored(present[i]);
    }

    /// <summary>Appends the validity of rows <paramref name="start"/>.. of an array.</summary>
    public void AppendRange(ArrayData data, int start, int count)
    {
        if (!MayHaveNulls(data))
        {
            AppendValid(count);
            return;
        }

        Store(count);
        var bits = data.Buffers[0].Span;
        for (var i = 0; i < count; i++)
            AppendStored(Bits.Get(bits, data.Offset + start + i));
    }

    /// <summary>Appends the validity of some rows of an array.</summary>
    public void AppendRows(ArrayData data, ReadOnlySpan<int> rows)
    {
        if (!MayHaveNulls(data))
        {
            AppendValid(rows.Length);
            return;
        }

        Store(rows.Length);
        var bits = data.Buffers[0].Span;
        foreach (var row in rows)
            AppendStored(Bits.Get(bits, data.Offset + row));
    }

    public void Truncate(int count)
    {
        if (_stored && count < Count)
        {
            NullCount = count - Bits.CountOnes(_bits, 0, count);
        }

        Count = Math.Min(Count, count);
        _stored = _stored && NullCount > 0;
    }

    public static bool MayHaveNulls(ArrayData data) => data.NullCount != 0 && data.Buffers.Length > 0 && !data.Buffers[0].IsEmpty;

    private static int BytesFor(int count) => (count + 7) / 8;

    private void AppendStored(bool valid)
    {
        Set(Count++, valid);
        if (!valid)
            NullCount++;
    }

    private void Store(int more)
    {
        Reserve(Count + more);
        if (_stored)
            return;
        _stored = true;
        _bits.AsSpan(0, BytesFor(Count)).Fill(0xFF);
    }

    private void Reserve(int count)
    {
        if (BytesFor(count) > _bits.Length)
            System.Array.Resize(ref _bits, Math.Max(BytesFor(count), Math.Max(64, _bits.Length * 2)));
    }

    private void Set(int index, bool valid)
    {
        if (valid)
            _bits[index >> 3] |= (byte)(1 << (index & 7));
        else
            _bits[index >> 3] &= (byte)~(1 << (index & 7));
    }
}
