using System.Buffers;
using Apache.Arrow;

namespace Grid.Abstractions;

/// <summary>
/// Encodes key columns so that byte order is value order and a prefix of the columns is a prefix of the bytes (docs/formats.md, "Key"):
/// integers big endian with the sign bit flipped, decimals as 16 such bytes, text and binary escaped (00 becomes 00 FF) and ended by 00 01,
/// fixed binary and uuid as they are, booleans one byte.
/// </summary>
public sealed class KeyEncoder
{
    private readonly Column[] _columns;
    private readonly int _fixedWidth;
    private readonly bool _isFixed = true;

    /// <summary>Prepares the encoding of some key columns of a schema.</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="columns">The columns in key order.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownColumn"/>; <see cref="GridErrorCode.InvalidKey"/>: no column, or one whose type cannot be a key.</exception>
    public KeyEncoder(TableSchema schema, IReadOnlyList<ColumnId> columns)
    {
        ArgumentNullException.ThrowIfNull(schema);
        ArgumentNullException.ThrowIfNull(columns);
        if (columns.Count == 0)
            throw new GridException(GridErrorCode.InvalidKey, "A key needs at least one column.");
        _columns = new Column[columns.Count];
        for (var i = 0; i < _columns.Length; i++)
        {
            var column = schema.GetColumn(columns[i]);
            if (!column.Type.CanBeKey)
                throw new GridException(GridErrorCode.InvalidKey,
                    $"Column '{column.Name}' of type {column.Type} cannot be part of a key; keys are scalars other than float32 and float64.");
            _columns[i] = column;
            _fixedWidth += KeyColumnEncoding.FixedWidth(column.Type);
            _isFixed &= KeyColumnEncoding.FixedWidth(column.Type) > 0;
        }
    }

    /// <summary>Encodes one key from values of the .NET types of <see cref="ValueText"/>; fewer values than columns encode a prefix.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.NullNotAllowed"/>, <see cref="GridErrorCode.InvalidKey"/>, <see cref="GridErrorCode.TooLarge"/>.</exception>
    public void Encode(ReadOnlySpan<object?> values, IBufferWriter<byte> destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        if (values.Length > _columns.Length)
            throw new GridException(GridErrorCode.InvalidKey,
                $"The key has {values.Length} values but {_columns.Length} columns ({string.Join(", ", _columns.Select(c => c.Name))}).");
        var total = 0;
        for (var i = 0; i < values.Length; i++)
        {
            var stored = KeyValue.Of(_columns[i], values[i]);
            total += stored.Length;
            if (total > GridLimits.KeyBytesMax)
                throw new GridException(GridErrorCode.TooLarge,
                    $"The encoded key is over {GridLimits.KeyBytesMax} bytes, the longest key, at column '{_columns[i].Name}'; use shorter key values.");
            destination.Advance(stored.Write(destination.GetSpan(stored.Length)));
        }
    }

    /// <summary>Encodes the keys of all rows of a batch, column by column.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="indexes">Where each key column stands in the batch; fewer than the columns encode a prefix.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.SchemaMismatch"/>: a column is not of the schema's type; <see cref="GridErrorCode.NullNotAllowed"/>;
    /// <see cref="GridErrorCode.TooLarge"/>: a key is over <see cref="GridLimits.KeyBytesMax"/>.</exception>
    public EncodedKeys Encode(RecordBatch batch, ReadOnlySpan<int> indexes)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (indexes.Length > _columns.Length)
            throw new GridException(GridErrorCode.InvalidKey, $"{indexes.Length} columns were given for a key of {_columns.Length}.");

        // 1. Find the arrays; everything is checked before memory is rented.
        var arrays = new ArrayData[indexes.Length];
        for (var i = 0; i < arrays.Length; i++)
            arrays[i] = KeyArrays.Get(batch, indexes[i], _columns[i]);

        // 2. Add up each key's length and turn lengths into the places where keys begin. What a refusal leaves rented, the garbage collector takes.
        var cursors = ArrayPool<int>.Shared.Rent(batch.Length);
        var rows = cursors.AsSpan(0, batch.Length);
        var bytes = ArrayPool<byte>.Shared.Rent(Place(arrays, rows));

        // 3. Write column after column; each cursor ends where its key does.
        for (var i = 0; i < arrays.Length; i++)
            KeyColumnEncoding.Write(_columns[i].Type, arrays[i], bytes, rows);
        return new EncodedKeys(bytes, cursors, batch.Length);
    }

    /// <summary>Reads a key's values back.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>.</exception>
    public object[] Decode(ReadOnlySpan<byte> key)
    {
        var values = new object[_columns.Length];
        var at = 0;
        for (var i = 0; i < values.Length; i++)
            values[i] = KeyValue.Read(_columns[i], key, ref at);
        return at == key.Length ? values : throw new GridException(GridErrorCode.Corrupt,
            $"An encoded key of {key.Length} bytes goes on after its last column, which ends at {at}.");
    }

    /// <summary>The first byte string after all that begin with <paramref name="prefix"/>; empty where there is none (all FF).</summary>
    public static byte[] Successor(ReadOnlySpan<byte> prefix)
    {
        var last = prefix.LastIndexOfAnyExcept((byte)0xff);
        if (last < 0)
            return [];
        var successor = prefix[..(last + 1)].ToArray();
        successor[last]++;
        return successor;
    }

    // Turns cursors into the places where keys begin and answers the bytes of all.
    private int Place(ArrayData[] arrays, Span<int> cursors)
    {
        if (_isFixed && arrays.Length == _columns.Length)
        {
            RequireLength(_fixedWidth, row: 0);
            RequireTotal((long)_fixedWidth * cursors.Length);
            for (var row = 0; row < cursors.Length; row++)
                cursors[row] = row * _fixedWidth;
            return cursors.Length * _fixedWidth;
        }

        cursors.Clear();
        for (var i = 0; i < arrays.Length; i++)
            KeyColumnEncoding.AddLengths(_columns[i].Type, arrays[i], cursors);
        long total = 0;
        for (var row = 0; row < cursors.Length; row++)
        {
            var length = cursors[row];
            RequireLength(length, row);
            cursors[row] = (int)total;
            total += length;
            RequireTotal(total);
        }

        return (int)total;
    }

    private static void RequireLength(int length, int row)
    {
        if (length > GridLimits.KeyBytesMax)
            throw new GridException(GridErrorCode.TooLarge,
                $"The encoded key of row {row} is over {GridLimits.KeyBytesMax} bytes, the longest key; use shorter key values.");
    }

    private static void RequireTotal(long total)
    {
        if (total > System.Array.MaxLength)
            throw new GridException(GridErrorCode.TooLarge,
                $"The encoded keys of the batch are over {System.Array.MaxLength} bytes; use smaller batches.");
    }
}
