namespace Grid.Silo.Tests;

/// <summary>A test that reads /proc.</summary>
public sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute()
    {
        if (!OperatingSystem.IsLinux())
            Skip = "reads /proc, which only Linux has";
    }
}
