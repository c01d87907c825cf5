namespace Grid.Storage.Kv;

/// <summary>The bounds-checked reader of nested values.</summary>
internal ref struct RowBytes(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _left = bytes;

    public ReadOnlySpan<byte> Take(long length)
    {
        if (length < 0 || length > _left.Length)
            throw RowError.Make($"a nested value wants {length} bytes where {_left.Length} are left");
        var taken = _left[..(int)length];
        _left = _left[(int)length..];
        return taken;
    }

    public readonly void RequireEnd()
    {
        if (!_left.IsEmpty)
            throw RowError.Make($"a nested value has {_left.Length} bytes too many");
    }
}
