namespace Grid.Abstractions;

/// <summary>Walks the columns of a statistics block; bytes that make no sense end it.</summary>
internal struct StatisticsReader(ReadOnlyMemory<byte> rest)
{
    private ReadOnlyMemory<byte> _rest = rest;

    public bool TryRead(out ColumnId id, out ColumnStatistics statistics)
    {
        id = default;
        statistics = default;
        if (!TryReadVarint(out var column) || !TryReadVarint(out var nulls) || _rest.IsEmpty)
            return false;
        var bounded = (_rest.Span[0] & FrameStatistics.HasMinMaxFlag) != 0;
        _rest = _rest[1..];
        ReadOnlyMemory<byte> min = default;
        ReadOnlyMemory<byte> max = default;
        if (bounded && (!TryReadBytes(out min) || !TryReadBytes(out max)))
            return false;
        id = new ColumnId(column);
        statistics = new ColumnStatistics { NullCount = nulls, HasMinMax = bounded, Min = min, Max = max };
        return true;
    }

    private bool TryReadBytes(out ReadOnlyMemory<byte> bytes)
    {
        bytes = default;
        if (!TryReadVarint(out var length) || length > _rest.Length)
            return false;
        bytes = _rest[..length];
        _rest = _rest[length..];
        return true;
    }

    private bool TryReadVarint(out int value)
    {
        // LEB128 of a number below 2^31: at most 5 bytes, the last one below 8.
        value = 0;
        var span = _rest.Span;
        for (var i = 0; i < Math.Min(span.Length, 5); i++)
        {
            if (i == 4 && span[i] > 7)
                return false;
            value |= (span[i] & 0x7F) << (7 * i);
            if (span[i] >= 0x80)
                continue;
            _rest = _rest[(i + 1)..];
            return true;
        }

        return false;
    }
}
