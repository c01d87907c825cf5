using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Apache.Arrow;

namespace Grid.Sql.Arrow;

/// <summary>An array of the Arrow C data interface.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CArray
{
    public long Length, NullCount, Offset, BufferCount, ChildCount;
    public void** Buffers;
    public CArray** Children;
    public CArray* Dictionary;
    public delegate* unmanaged[Cdecl]<CArray*, void> Release;
    public void* Private;
}

/// <summary>
/// A batch in the form of the Arrow C data interface, without a copy: buffers are pinned once, rows are handed out by moving the offsets of the same structures. DuckDB releases what it is given once per column, before
/// the other columns are read, so releasing does nothing here: the memory stays until this is disposed, which must be after the last vector that was made of it is done with.
/// </summary>
internal sealed unsafe class ArrowExport : IDisposable
{
    private readonly List<MemoryHandle> _pins = [];
    private readonly List<nint> _memory = [];
    private readonly CArray* _root;
    private readonly int[] _offsets;

    public ArrowExport(RecordBatch batch)
    {
        _offsets = new int[batch.ColumnCount];
        try
        {
            _root = Allocate<CArray>(1);
            _root->BufferCount = 1;
            _root->Buffers = (void**)Allocate<nint>(1);
            _root->ChildCount = batch.ColumnCount;
            _root->Children = (CArray**)Allocate<nint>(Math.Max(1, batch.ColumnCount));
            for (var i = 0; i < batch.ColumnCount; i++)
            {
                var data = batch.Column(i).Data;
                _offsets[i] = data.Offset;
                _root->Children[i] = Export(data);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Some rows; valid until the next call.</summary>
    public CArray* Rows(int first, int count)
    {
        _root->Length = count;
        _root->Release = &Released;
        for (var i = 0; i < _root->ChildCount; i++)
        {
            var child = _root->Children[i];
            child->Offset = _offsets[i] + first;
            child->Length = count;
            child->Release = &Released;
        }

        return _root;
    }

    public void Dispose()
    {
        foreach (var pin in _pins)
            pin.Dispose();
        foreach (var memory in _memory)
            NativeMemory.Free((void*)memory);
        _pins.Clear();
        _memory.Clear();
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Released(CArray* array) => array->Release = null;

    private CArray* Export(ArrayData data)
    {
        var array = Allocate<CArray>(1);
        array->Length = data.Length;
        // Counts of a part of the rows are not known; what has none has none in any part.
        array->NullCount = data.NullCount == 0 ? 0 : -1;
        array->Offset = data.Offset;
        array->Release = &Released;
        array->BufferCount = data.Buffers.Length;
        array->Buffers = (void**)Allocate<nint>(Math.Max(1, data.Buffers.Length));
        for (var i = 0; i < data.Buffers.Length; i++)
            array->Buffers[i] = i == 0 && data.NullCount == 0 && data.DataType is not Apache.Arrow.Types.UnionType ? null : Pin(data.Buffers[i]);
        var children = data.Children ?? [];
        array->ChildCount = children.Length;
        array->Children = (CArray**)Allocate<nint>(Math.Max(1, children.Length));
        for (var i = 0; i < children.Length; i++)
            array->Children[i] = Export(children[i]);
        return array;
    }

    private void* Pin(ArrowBuffer buffer)
    {
        if (buffer.Length == 0)
            return null;
        var pin = buffer.Memory.Pin();
        _pins.Add(pin);
        return pin.Pointer;
    }

    private T* Allocate<T>(int count)
        where T : unmanaged
    {
        var memory = (T*)NativeMemory.AllocZeroed((nuint)count, (nuint)sizeof(T));
        _memory.Add((nint)memory);
        return memory;
    }
}
