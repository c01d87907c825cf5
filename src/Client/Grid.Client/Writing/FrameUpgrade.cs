using Apache.Arrow;
using Grid.Abstractions;
using Grid.Client.Tables;

namespace Grid.Client.Writing;

/// <summary>A log's schema version never goes back: rows of an older one are encoded in a newer before they can be stored.</summary>
internal static class FrameUpgrade
{
    public static FrameEncoderOptions EncoderOptions(TableInfo info) => new() { Compression = info.Options.Compression };

    /// <summary>Rows of a log table in the newest schema version known here, so that the bucket need not refuse them first.</summary>
    public static (RecordBatch Rows, TableSchema Schema) ToNewest(TableHandle table, RecordBatch rows, TableSchema schema)
    {
        var newest = table.Info.Schema;
        return schema.HasPrimaryKey || schema.Version >= newest.Version
            ? (rows, schema)
            : (new BatchConverter(schema, fromColumns: null, newest, toColumns: null).Convert(rows), newest);
    }

    /// <summary>Encodes a frame's rows again in a newer schema version, under the same sequence.</summary>
    /// <exception cref="GridException">The refusal itself where there is no newer version; <see cref="GridErrorCode.NullNotAllowed"/>: the rows lack a column that the newer one needs.</exception>
    public static async Task ReencodeAsync(TableHandle table, PendingFrame frame, GridException stale)
    {
        var error = FrameHeader.TryRead(frame.Block.Span, out var header);
        if (error != FrameHeaderError.None)
            throw new InvalidOperationException($"A frame of our own has a wrong header ({error}).");
        var from = table.Info.GetSchema(header.SchemaVersion);
        if (table.Info.Schema.Version.Value < stale.Detail || table.Info.Schema.Version <= header.SchemaVersion)
            await table.RefreshAsync(CancellationToken.None).ConfigureAwait(false);
        if (table.Info.Schema.Version <= header.SchemaVersion)
            throw stale;

        using var rows = FrameDecoder.Decode(frame.Block.Memory.Slice(FrameHeader.Size, header.MessageLength), header.RowCount, ArrowSchemas.ToArrow(from));
        var (converted, to) = ToNewest(table, rows, from);
        using var encoder = new FrameEncoder(EncoderOptions(table.Info));
        frame.Replace(encoder.Encode(converted, to, columns: null, header.Flags, header.Writer, header.Sequence));
    }
}
