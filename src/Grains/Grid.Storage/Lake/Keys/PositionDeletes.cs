using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Apache.Arrow;
using Grid.Abstractions;
using Grid.Storage.Lake.Files;
using Grid.Storage.Lake.Parquet;
using Grid.Storage.Lake.Reading;
using Column = Grid.Abstractions.Column;

namespace Grid.Storage.Lake.Keys;

/// <summary>
/// How rows of data files are said to be gone: Iceberg's position delete files (the spec's "Position Delete Files"), a row of location and position each, in this order. All that knows the encoding is
/// here, so that version 3's deletion vectors can take its place.
/// </summary>
internal static class PositionDeletes
{
    private const int BatchRows = 8 * 1024;
    private static readonly Column Location = new("file_path", DataType.String, nullable: false) { Id = new ColumnId(2147483546) };
    private static readonly Column Position = new("pos", DataType.Int64, nullable: false) { Id = new ColumnId(2147483545) };
    private static readonly TableSchema Schema = new() { Version = new SchemaVersion(1), Columns = [Location, Position], LastColumnId = Location.Id.Value };
    private static readonly Apache.Arrow.Schema Arrow = ArrowSchemas.ToArrow(Schema);

    /// <summary>Writes a file of them.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="deletes">The rows by the locations of their data files; they get sorted.</param>
    /// <param name="location">Where the file is to lie.</param>
    /// <param name="partition">That of the data files.</param>
    /// <param name="options">How.</param>
    public static LakeFile Write(
        Stream output, IReadOnlyDictionary<string, List<long>> deletes, string location, ImmutableArray<object?> partition, LakeWriterOptions options)
    {
        using var writer = new LakeFileWriter(output, Schema, options);
        foreach (var (file, positions) in deletes.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            positions.Sort();
            for (var done = 0; done < positions.Count; done += BatchRows)
                Write(writer, file, CollectionsMarshal.AsSpan(positions).Slice(done, Math.Min(BatchRows, positions.Count - done)));
        }

        return writer.Close(location, partition) with
        {
            Content = LakeFileContent.PositionDeletes,
            ReferencedDataFile = deletes.Count == 1 ? deletes.Keys.Single() : null,
        };
    }

    /// <summary>Reads files of them.</summary>
    /// <param name="store">The warehouse.</param>
    /// <param name="files">The delete files.</param>
    /// <param name="of">The data files by their locations; deletes of others are passed over.</param>
    /// <param name="options">Limits.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>, with the file; <see cref="GridErrorCode.StorageFailed"/>: one is gone.</exception>
    public static async Task<DeletedFiles> ReadAsync(
        ILakeStore store, IEnumerable<LakeFile> files, IReadOnlyDictionary<string, LakeFile> of, LakeFramesOptions options, CancellationToken cancellationToken)
    {
        var deleted = new DeletedFiles();
        foreach (var file in files)
        {
            deleted.Begin(file);
            if (file.ReferencedDataFile is { } only && !of.ContainsKey(only))
                continue;
            await foreach (var (location, position) in ReadAsync(store, file, options, cancellationToken).ConfigureAwait(false))
                if (of.TryGetValue(location, out var data))
                    deleted.Add(file, data, position);
        }

        return deleted;
    }

    private static async IAsyncEnumerable<(string Location, long Position)> ReadAsync(
        ILakeStore store, LakeFile file, LakeFramesOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stream = new LakeFileStream(store, store.NameOf(file.Location), file.Bytes, options.ReadAheadBytes, cancellationToken);
        using var reader = await LakeFileReader.OpenAsync(stream, new LakeReadOptions(), cancellationToken).ConfigureAwait(false);
        string? last = null;
        await foreach (var batch in reader.ReadAsync(Schema, null, cancellationToken).ConfigureAwait(false))
            using (batch)
            {
                var locations = (StringArray)batch.Rows.Column(0);
                var positions = (Int64Array)batch.Rows.Column(1);
                for (var row = 0; row < batch.Rows.Length; row++)
                {
                    // One location has thousands of rows.
                    if (last is null || !Same(locations, row, last))
                        last = locations.GetString(row) ?? throw LakeErrors.Damaged($"row {batch.FirstRow + row} of {file.Location} names no file");
                    yield return (last, positions.GetValue(row) ?? throw LakeErrors.Damaged($"row {batch.FirstRow + row} of {file.Location} names no position"));
                }
            }
    }

    private static bool Same(StringArray locations, int row, string text)
    {
        var bytes = locations.GetBytes(row);
        return bytes.Length == text.Length && System.Text.Ascii.Equals(bytes, text);
    }

    private static void Write(LakeFileWriter writer, string location, ReadOnlySpan<long> rows)
    {
        var locations = new StringArray.Builder().Reserve(rows.Length);
        foreach (var _ in rows)
            locations.Append(location);
        using var batch = new RecordBatch(Arrow, [locations.Build(), new Int64Array.Builder().Append(rows).Build()], rows.Length);
        writer.Write(batch);
    }
}
