using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using Grid.Abstractions;

namespace Grid.Storage.Kv;

/// <summary>
/// Rows to columns: one <see cref="ColumnBuilder"/> a column wanted, the others are not looked at. The batch it makes lies in the decoder's
/// memory: valid until the next call. One caller at a time.
/// </summary>
internal sealed class RowDecoder : IDisposable
{
    private readonly RowLayout _layout;
    private readonly int[] _columns;
    private readonly Apache.Arrow.Schema _schema;
    private readonly ColumnBuilder[] _builders;
    private readonly bool _change;
    private readonly bool _version;
    private PooledBytes _changes = new();
    private PooledBytes _versions = new();

    /// <summary>Prepares for some columns of a schema version.</summary>
    /// <param name="layout">The rows' layout.</param>
    /// <param name="columns">The columns wanted, all of them in this version; null: all.</param>
    /// <param name="change">Whether a last column <c>_change</c> is wanted.</param>
    /// <param name="version">Whether a last column <c>_version</c> is wanted.</param>
    public RowDecoder(RowLayout layout, IReadOnlyList<ColumnId>? columns, bool change, bool version)
    {
        _layout = layout;
        _change = change;
        _version = version;
        _schema = ArrowSchemas.ToArrow(layout.Schema, columns, change, version);
        _columns = new int[columns?.Count ?? layout.Columns.Length];
        _builders = new ColumnBuilder[_columns.Length];
        for (var i = 0; i < _columns.Length; i++)
        {
            _columns[i] = columns is null ? i : layout.Schema.IndexOf(columns[i]);
            _builders[i] = new ColumnBuilder(layout.Columns[_columns[i]].Column, _schema.GetFieldByIndex(i).DataType);
        }
    }

    /// <summary>Decodes rows of the layout's version.</summary>
    /// <param name="rows">The rows; checked here.</param>
    /// <param name="changes">Their change kinds, where the decoder was made with them.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>; <see cref="GridErrorCode.TooLarge"/>: a column has more than 2 GiB.</exception>
    public RecordBatch Decode(ReadOnlySpan<RowRef> rows, ReadOnlySpan<sbyte> changes = default)
    {
        foreach (var row in rows)
            _layout.Check(row);
        var arrays = new List<IArrowArray>(_builders.Length + 2);
        try
        {
            for (var i = 0; i < _builders.Length; i++)
            {
                _builders[i].Gather(rows, _layout, _columns[i]);
                arrays.Add(ArrowArrayFactory.BuildArray(_builders[i].Finish()));
            }
        }
        catch (OverflowException exception)
        {
            throw new GridException(GridErrorCode.TooLarge, $"A column of {rows.Length} rows has more than 2 GiB; ask for fewer rows at once.", exception);
        }

        if (_change)
        {
            MemoryMarshal.AsBytes(changes[..rows.Length]).CopyTo(_changes.Restart(rows.Length));
            arrays.Add(new Int8Array(new ArrayData(Int8Type.Default, rows.Length, 0, 0, [ArrowBuffer.Empty, new ArrowBuffer(_changes.Memory)])));
        }

        if (_version)
        {
            var versions = MemoryMarshal.Cast<byte, long>(_versions.Restart(checked(8 * rows.Length)));
            for (var i = 0; i < rows.Length; i++)
                versions[i] = rows[i].Version;
            arrays.Add(new Int64Array(new ArrayData(Int64Type.Default, rows.Length, 0, 0, [ArrowBuffer.Empty, new ArrowBuffer(_versions.Memory)])));
        }

        return new RecordBatch(_schema, arrays, rows.Length);
    }

    public void Dispose()
    {
        foreach (var builder in _builders)
            builder.Dispose();
        _changes.Dispose();
        _versions.Dispose();
    }
}
