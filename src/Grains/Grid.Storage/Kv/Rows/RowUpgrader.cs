using Grid.Abstractions;

namespace Grid.Storage.Kv;

/// <summary>
/// Brings rows of older schema versions to the newest: by column id, missing columns null or their default, narrower ones widened, exactly as
/// <see cref="BatchConverter"/> does for frames, because it is what does it here. One caller at a time.
/// </summary>
internal sealed class RowUpgrader(RowLayouts layouts) : IDisposable
{
    private readonly Dictionary<ushort, Step> _steps = [];
    private readonly RowEncoder _encoder = new();

    /// <summary>Replaces stale rows by newest ones in the arena; their versions stay.</summary>
    public void Upgrade(Span<RowRef> rows, NativeArena arena)
    {
        var newest = layouts.Newest.Schema.Version;
        var stale = false;
        foreach (var row in rows)
            stale |= !row.IsNone && (row.Length < RowRef.HeaderBytes || row.SchemaVersion != newest);
        if (stale)
            UpgradeStale(rows, arena, newest);
    }

    public void Dispose()
    {
        foreach (var step in _steps.Values)
            step.Decoder.Dispose();
    }

    private void UpgradeStale(Span<RowRef> rows, NativeArena arena, SchemaVersion newest)
    {
        var indexes = new List<int>();
        for (var version = 1; version < newest.Value; version++)
        {
            indexes.Clear();
            for (var i = 0; i < rows.Length; i++)
                if (!rows[i].IsNone && layouts.Of(rows[i]).Schema.Version.Value == version)
                    indexes.Add(i);
            if (indexes.Count == 0)
                continue;
            var old = new RowRef[indexes.Count];
            for (var i = 0; i < old.Length; i++)
                old[i] = rows[indexes[i]];
            var step = StepFrom((ushort)version);
            var upgraded = new RowRef[old.Length];
            _encoder.Encode(layouts.Newest, step.Converter.Convert(step.Decoder.Decode(old)), step.Sources, arena, upgraded);
            for (var i = 0; i < old.Length; i++)
            {
                upgraded[i].SetVersion(old[i].Version);
                rows[indexes[i]] = upgraded[i];
            }
        }
    }

    private Step StepFrom(ushort version)
    {
        if (_steps.TryGetValue(version, out var step))
            return step;
        var from = layouts[new SchemaVersion(version)];
        step = new Step(
            new RowDecoder(from, null, change: false, version: false),
            new BatchConverter(from.Schema, null, layouts.Newest.Schema, null),
            [.. Enumerable.Range(0, layouts.Newest.Columns.Length)]);
        return _steps[version] = step;
    }

    private sealed record Step(RowDecoder Decoder, BatchConverter Converter, int[] Sources);
}
