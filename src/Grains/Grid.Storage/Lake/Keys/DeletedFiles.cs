namespace Grid.Storage.Lake.Keys;

/// <summary>What delete files say of some data files.</summary>
internal sealed class DeletedFiles
{
    private readonly Dictionary<string, DeletedRows> _rows = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Dictionary<string, long>> _byDeleteFile = new(StringComparer.Ordinal);

    /// <summary>The data files that have lost rows, by location.</summary>
    public IReadOnlyDictionary<string, DeletedRows> Rows => _rows;

    /// <summary>The rows of a data file that are gone; null: none.</summary>
    public DeletedRows? Of(string location) => _rows.GetValueOrDefault(location);

    /// <summary>The data files that a delete file names, and how many of their rows.</summary>
    public IReadOnlyDictionary<string, long> NamedBy(LakeFile deletes) => _byDeleteFile[deletes.Location];

    /// <summary>A delete file is read.</summary>
    public void Begin(LakeFile deletes) => _byDeleteFile[deletes.Location] = new Dictionary<string, long>(StringComparer.Ordinal);

    /// <summary>It says that a row is gone.</summary>
    /// <exception cref="Grid.Abstractions.GridException">The data file has no such row.</exception>
    public void Add(LakeFile deletes, LakeFile data, long position)
    {
        if (position < 0 || position >= data.Rows)
            throw LakeErrors.Damaged($"{deletes.Location} deletes row {position} of {data.Location}, which has rows 0 to {data.Rows - 1}");
        if (!_rows.TryGetValue(data.Location, out var rows))
            _rows.Add(data.Location, rows = new DeletedRows(data.Rows));
        rows.Add(position);
        var named = _byDeleteFile[deletes.Location];
        named[data.Location] = named.GetValueOrDefault(data.Location) + 1;
    }
}
